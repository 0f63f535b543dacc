"""What docs/first_hour.md shows is true: its files, put together as it says, are run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from metabench.plan.build import build_plan
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import LocalFile
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.hub import Hub

PAGE = (Path(__file__).parents[2] / "docs" / "first_hour.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
HUB = os.environ.get("METABENCH_HUB") or None


def block(language: str, *, holds: str) -> str:
    (text,) = [text for name, text in BLOCKS if name == language and holds in text]
    return text


def metabench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "metabench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder after steps 3 and 4 of the page, before anything is run."""
    folder = tmp_path_factory.mktemp("hour")
    assert metabench("init", "mine", "--template", "own-csv", cwd=folder).returncode == 0
    (folder / "my_task.csv").write_text(block("csv", holds="text,label"))
    (folder / "signs.py").write_text(block("python", holds="# signs.py"))
    with (folder / "mine.toml").open("a") as file:
        file.write("\n" + block("toml", holds='"sign-reptile"'))
    return folder


def test_the_own_task_and_the_own_algorithm_make_a_leaderboard_and_a_report(folder):
    done = metabench("run", "mine.toml", "--smoke", "--plugin-file", "signs.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = metabench("compare", "mine.smoke", "--json", cwd=folder)
    report = metabench("compare", "mine.smoke", "-o", "report.html", cwd=folder)

    rows = {row["method"]: row["scores"][0] for row in json.loads(told.stdout)["rows"]}
    assert set(rows) == {"Fine-tuning", "Reptile", "Sign-Reptile"}
    assert all(score["status"] == "" and score["n"] == 1 for score in rows.values())
    assert report.returncode == 0
    assert "Sign-Reptile" in (folder / "report.html").read_text(encoding="utf-8")
    assert str(folder) not in (folder / "report.html").read_text(encoding="utf-8")


def test_so_many_rows_are_held_out_as_the_page_says(folder):
    catalog = load_catalog(
        files=[LocalFile(folder / "signs.py", (folder / "signs.py").read_bytes())]
    )
    benchmark = load_benchmark(folder / "mine.toml", catalog=catalog)
    plan = build_plan(benchmark, catalog=catalog, hub=Hub(offline=True))
    held_out = {cell.work.task.scored_rows for cell in plan.cells if cell.kind == "adapt"}

    assert held_out == {4}
    assert "the evaluation set\nhas four examples" in PAGE


def test_a_wrong_column_is_the_error_that_the_page_shows(folder, tmp_path):
    (tmp_path / "my_task.csv").write_text(
        (folder / "my_task.csv").read_text().replace("text,label", "text,kind")
    )
    assert metabench("init", "mine", "--template", "own-csv", cwd=tmp_path).returncode == 0
    told = metabench("validate", "mine.toml", cwd=tmp_path)

    assert told.returncode == 4
    assert told.stderr == block("text", holds="error: my_task.csv")


@pytest.mark.skipif(HUB is None, reason="METABENCH_HUB names no mirror")
def test_longer_fine_tuning_and_a_further_method_leave_the_other_cells_alone(tmp_path):
    file, catalog = tmp_path / "real.toml", load_catalog()

    def keys(text: str) -> set[str]:
        file.write_text(text)
        benchmark = load_benchmark(file, catalog=catalog)
        hub = Hub(Path(HUB or ""), offline=True)
        return {cell.key for cell in build_plan(benchmark, catalog=catalog, hub=hub).cells}

    text = block("toml", holds='"first-real"')
    first = keys(text)
    longer = keys(text.replace("epochs = 0.5", "epochs = 2"))
    more = keys(text + "\n" + block("toml", holds='algorithm = "joint"'))

    assert (len(first), len(first - longer), len(first & longer)) == (9, 6, 3)
    assert first < more
    assert (len(more - first), len(more)) == (6, 15)
    said = " ".join(PAGE.split())
    assert "Six of nine cells are stale" in said
    assert "six of fifteen cells are new" in said
