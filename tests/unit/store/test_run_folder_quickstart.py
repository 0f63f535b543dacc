"""A run of the quickstart as an earlier metabench wrote it reads as it did then, and once."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from metabench.cli.main import main
from metabench.plan.build import build_plan
from metabench.plan.states import cell_states, with_stored_names
from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark
from metabench.store.run_folder import Store
from metabench.tasks.hub import Hub

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
THEN = ROOT / "tests" / "fixtures" / "quickstart"
"""A copy of the records of a finished run, and what `compare` printed of it when it was new."""
BENCHMARK = THEN / "run" / "spec.toml"
"""The benchmark file as it was then."""
CELLS = 103
NUMBERS = (
    "method", "column", "metric", "mean", "deviation", "n", "planned", "status", "failed",
    "collapsed", "difference", "low", "high", "pairs", "device_seconds", "gradients", "hvps",
    "examples", "tokens", "peak_memory_bytes",
)  # fmt: skip
RECORDS = {"result.json": CELLS, "cell.json": CELLS, "failure.json": CELLS, "run.json": 1}

COUNTING = """
import sys
from collections import Counter

opened, parsed = Counter(), Counter()

def heard(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".json"):
        opened[str(arguments[0]).rpartition("/")[2]] += 1

def called(frame, event, _):
    if event == "call" and frame.f_code.co_name == "from_json":
        parsed[frame.f_locals["model"].__name__] += 1

sys.addaudithook(heard)
from metabench.cli.main import main
sys.setprofile(called)
code = main(sys.argv[1:])
sys.setprofile(None)
import json
print(json.dumps([code, opened, parsed]), file=sys.stderr)
"""


@pytest.fixture
def runs(tmp_path):
    """Return a folder of runs with the run of then."""
    shutil.copytree(THEN / "run", tmp_path / "runs" / "quickstart")
    return tmp_path / "runs"


def states_of(path, runs):
    """Return method and state of each cell of a benchmark file in the run of then."""
    catalog, store = load_catalog(), Store(runs / "quickstart")
    benchmark = load_benchmark(path, catalog=catalog)
    plan = with_stored_names(build_plan(benchmark, catalog=catalog, hub=Hub()), store)
    states = cell_states(plan, store)
    return [(cell.method, states[cell.key]) for cell in plan.cells]


def test_the_cells_of_then_are_done_but_for_the_method_whose_numbers_have_changed(runs):
    """Reptile's displacement is summed up in another way since (ADR 0018)."""
    found = states_of(BENCHMARK, runs)
    stale = [(method, state.reason) for method, state in found if state.state != "done"]

    assert len(found) == CELLS
    assert Counter(stale) == {("Reptile", "source of the algorithm changed"): 21}


def test_with_the_file_of_today_all_but_pretraining_is_stale_for_its_settings(runs):
    found = states_of(ROOT / "benchmarks" / "quickstart.toml", runs)
    tuned = {state.reason for method, state in found if method == "Fine-tuning"}
    meta = {state.reason for method, state in found if method == "Joint"}

    assert len(found) == CELLS
    assert Counter(state.state for _, state in found) == {"stale": CELLS - 1, "done": 1}
    assert tuned == {f"finetune.steps {then} → {now}"
                     for then, now in ((104, 52), (80, 40), (64, 40), (60, 40))}  # fmt: skip
    assert any("meta.steps 405 → 540" in reason for reason in meta)


def test_a_comparison_has_the_numbers_of_then(runs, monkeypatch, capsys):
    monkeypatch.chdir(runs.parent)
    assert main(["compare", "quickstart", "--format", "csv"]) == 0
    now = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    then = list(csv.DictReader((THEN / "compare.csv").read_text().splitlines()))

    assert len(now) == len(then) == 35
    for name in NUMBERS:
        assert [row[name] for row in now] == [row[name] for row in then], name


@pytest.mark.parametrize(
    "words",
    [
        ["run", str(BENCHMARK), "--only", "method=MAML"],
        ["compare", "quickstart"],
        ["compare", "quickstart", "--format", "html"],
        ["status", "quickstart"],
    ],
    ids=["run", "compare", "html", "status"],
)
def test_each_record_is_opened_and_parsed_at_most_once(runs, words):
    done = subprocess.run(
        [sys.executable, "-P", "-c", COUNTING, *words],
        cwd=runs.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, opened, parsed = json.loads(done.stderr.splitlines()[-1])

    assert code == 0
    assert parsed["Result"] == CELLS
    assert parsed["RunNote"] == 1
    assert parsed.get("CellNote", 0) <= CELLS
    assert {name: opened[name] for name in RECORDS if opened.get(name, 0) > RECORDS[name]} == {}
