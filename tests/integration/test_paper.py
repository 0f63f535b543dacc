"""The paper's benchmarks on real rows, where a mirror of the hub is at hand."""

from __future__ import annotations

import json
import os
import re

import pytest

MIRROR = os.environ.get("METABENCH_HUB", "")
pytestmark = pytest.mark.skipif(not MIRROR, reason="METABENCH_HUB names no mirror of the hub")

CELLS = {"glue_low_resource": 220, "task_distributions": 130, "inner_loop": 125, "scitail": 130}
CHANGES = (
    "--set", "model.id=sentence-transformers/paraphrase-MiniLM-L3-v2",
    "--set", 'tasks.splits."glue/qnli".train=validation',
)  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_a_paper_benchmark_is_valid_and_its_dry_run_shows_cells_and_cost(name, tmp_path, command):
    checked = command("validate", name, *CHANGES, cwd=tmp_path, METABENCH_HUB=MIRROR)
    planned = command("run", name, "--dry-run", *CHANGES, cwd=tmp_path, METABENCH_HUB=MIRROR)

    assert checked.returncode == 0, checked.stderr
    assert f"valid: {CELLS[name]} cells" in checked.stderr
    assert planned.returncode == 0, planned.stderr
    assert re.search(rf"^{CELLS[name]} cells: ", planned.stdout, re.MULTILINE)
    assert re.search(r"^cost: about \d+ k gradients of a batch", planned.stdout, re.MULTILINE)
    assert "PARTIAL: glue/mnli train" in checked.stdout
    assert not list(tmp_path.iterdir())


def test_what_the_mirror_lacks_is_named_with_the_setting_that_helps(tmp_path, command):
    refused = command(
        "validate", "inner_loop", cwd=tmp_path, METABENCH_HUB=MIRROR, HF_HUB_OFFLINE="1"
    )

    assert refused.returncode == 4
    assert 'tasks.splits."glue/qnli".train = "validation"' in refused.stderr


@pytest.mark.slow
def test_a_smoke_run_is_shown_in_the_papers_layout_from_its_folder_alone(tmp_path, command):
    done = command(
        "run", "paper/inner_loop", "--smoke", "--only", "method=Reptile-3-1e-3", "--only",
        "task=glue/rte", *CHANGES, cwd=tmp_path, METABENCH_HUB=MIRROR,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = command("compare", "--layout", "paper", cwd=tmp_path)
    rows = [re.sub(" +", " ", line).strip() for line in shown.stdout.splitlines()]

    assert "paper-inner-loop (SMOKE, no result): Dou et al. 2019, Table 3:" in shown.stdout
    assert "method #Upt \N{GREEK SMALL LETTER ALPHA} Matthews Accuracy Pearson Accuracy" in rows
    assert [row for row in rows if row.startswith("reported ") and row[9].isdigit()] == [
        "reported 60.7 89.7 90.2 77.9",
        "reported 62.0 88.0 90.1 81.2",
        "reported 61.6 90.0 90.3 83.0",
        "reported 60.1 87.8 89.5 73.9",
        "reported 57.8 88.7 90.0 81.4",
    ]
    board = json.loads(command("compare", "--json", cwd=tmp_path).stdout)
    assert [row["method"] for row in board["published"]][:2] == ["Reptile-3-1e-3", "Reptile-5-1e-4"]
    assert "Table 3, validation split" in board["published"][0]["source"]
