"""docs/study.md is what the records say, and the records are whole, small and nobody's machine."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from generator import STUDY, study_page
from generator.study import RESULTS
from generator.study_words import (
    beside_small_encoders,
    beside_the_paper,
    left_to_run,
    seeds_or_methods,
)
from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.results.collect import collect
from metabench.store.run_folder import Store
from metabench.store.verification import verify

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / STUDY).read_text(encoding="utf-8")
FOLDERS = sorted(path.parent for path in RESULTS.glob("*/run.json"))
TABLES = (ROOT / "docs" / "reference" / "study_tables.md").read_text(encoding="utf-8")
MEGABYTES = 4
each_study = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def test_the_page_is_what_the_records_say():
    assert study_page() == PAGE, "stale: run `tox -e regenerate`"


def test_every_study_with_records_is_on_the_page():
    assert FOLDERS
    for folder in FOLDERS:
        assert f"\n## {folder.name}\n" in PAGE


@each_study
def test_every_table_is_what_compare_prints_of_the_records_in_a_moment(folder):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "metabench", "compare", str(folder), "--format", "markdown"],
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - began

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in TABLES
    assert took < 30  # 3 s on a machine of its own


@each_study
def test_the_records_are_whole_and_records_alone(folder):
    found = verify(Store(folder))
    files = [path for path in folder.rglob("*") if path.is_file()]

    assert found.findings == ()
    assert {path.suffix for path in files} == {".json", ".toml"}
    assert sum(path.stat().st_size for path in files) < MEGABYTES * 1e6


@each_study
def test_no_record_names_a_place_of_the_machine_that_wrote_it(folder):
    for path in folder.rglob("*.json"):
        assert not re.search(r'"/(home|root|tmp|work|mnt|Users)\b', path.read_text("utf-8")), path


@each_study
def test_the_benchmark_file_is_the_one_that_ships(folder):
    """All but what `compare` does, which is no part of a result."""
    name = folder.name.replace("-", "_")
    shipped = (ROOT / "benchmarks" / "studies" / f"{name}.toml").read_text(encoding="utf-8")
    run = (folder / "spec.toml").read_text(encoding="utf-8")

    assert run.partition("[compare]")[0] == shipped.partition("[compare]")[0]


@each_study
def test_what_is_not_done_is_said(folder):
    collected = collect(Store(folder))
    planned = [cell for cell in collected.note.cells if not cell.unavailable]
    (line,) = left_to_run(collected)

    assert line in PAGE
    assert ("PARTIAL" in line) == (len(collected.results) < len(planned))
    assert f"{len(collected.results)} " in line


def score(mean, *differences, n=8, collapsed=0):
    return LeaderboardScore(mean, 0.01, n, 8, collapsed=collapsed, differences=differences)


def difference(mean, verdict, p=0.008):
    return Difference("Plain", mean, (mean - 0.02, mean + 0.02), 8, p, verdict=verdict)


@pytest.fixture
def board():
    """Return a leaderboard whose words are known."""
    columns = (
        LeaderboardColumn("glue/rte", "RTE", "target", "Accuracy"),
        LeaderboardColumn("average", "average", "average", "mean of 1 target"),
        LeaderboardColumn("scitail@0.01", "SciTail", "transfer", "Accuracy", "1 % = 236 rows"),
    )
    rows = (
        LeaderboardRow("Plain", (score(0.5, collapsed=3), score(0.5), score(0.6))),
        LeaderboardRow(
            "Reptile",
            (
                score(0.6, difference(0.1, "better")),
                score(0.6, difference(0.03, "undecided", None)),
                score(0.5, difference(-0.1, "worse")),
            ),
        ),
    )
    source = "Dou, Yu and Anastasopoulos 2019, Investigating, Table 1, test split"
    published = tuple(
        LeaderboardRow(name, (score(mean), score(None), score(None)), source=source)
        for name, mean in {"BERT": 0.664, "Reptile": 0.77}.items()
    )
    return Leaderboard("b", False, columns, rows, ("Plain",), 0.05, (), published)


def test_the_spread_between_seeds_stands_beside_the_largest_difference_of_a_method(board):
    plain, reptile = board.rows
    wide = replace(plain.scores[2], deviation=0.3)
    uneven = replace(board, rows=(replace(plain, scores=(*plain.scores[:2], wide)), reptile))

    assert seeds_or_methods(uneven)[-2:] == [
        "| RTE | 1.0 | Reptile +10.0 | the method |",
        "| SciTail 1 % = 236 rows | 30.0 | Reptile -10.0 | seeds |",
    ]
    assert seeds_or_methods(replace(board, baselines=())) == []


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("better", "agrees"), ("worse", "departs"), ("undecided", "undecided")],
)
def test_the_paper_is_agreed_with_only_by_a_verdict(board, verdict, said):
    plain, reptile = board.rows
    first = score(0.6, difference(0.1, verdict))
    changed = replace(reptile, scores=(first, *reptile.scores[1:]))

    lines = beside_the_paper(replace(board, rows=(plain, changed)))

    assert lines[-1] == f"| Reptile | RTE | +10.0 [+8.0, +12.0] | +10.6 | {said} |"
    assert beside_the_paper(replace(board, published=())) == []


@pytest.mark.parametrize(("mean", "said"), [(0.59, "below"), (0.6, "within"), (0.63, "above")])
def test_plain_fine_tuning_stands_beside_the_range_of_what_is_known(board, mean, said):
    source = "Turc, Chang, Lee and Toutanova 2019, Well-Read Students, Small BERTs, test split"
    known = tuple(
        LeaderboardRow(name, (score(there), score(None), score(None)), source=source)
        for name, there in {"BERT-Tiny": 0.6, "BERT-Small": 0.62}.items()
    )
    plain, *others = board.rows
    rows = (replace(plain, scores=(score(mean), *plain.scores[1:])), *others)
    lines = beside_small_encoders(replace(board, rows=rows, published=board.published + known))

    assert lines[-1] == f"| RTE | {100 * mean:.1f} | 60.0 to 62.0 | {said} |"
    assert "range of BERT-Tiny, BERT-Small" in lines[1]
    assert beside_small_encoders(board) == []
