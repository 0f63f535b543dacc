"""What docs/own_data.md shows is true: its files are a task, its table names every field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metabench.errors import DataError
from metabench.plan.build import build_plan
from metabench.plugin import load_catalog
from metabench.spec.model.own_task import OwnTaskSpec
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.hub import Hub
from metabench.tasks.overlap import overlap_note

PAGE = (Path(__file__).parents[2] / "docs" / "own_data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The folder with the files of the page."""
    (rows,) = blocks("csv")
    (tmp_path / "own.toml").write_text(blocks("toml")[0])
    (tmp_path / "reviews_train.csv").write_text(rows)
    (tmp_path / "reviews_dev.csv").write_text(rows.replace(" ", "  "))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(text: str):
    Path("own.toml").write_text(text)
    benchmark = load_benchmark(Path("own.toml"), catalog=load_catalog())
    return build_plan(benchmark, catalog=load_catalog(), hub=Hub(offline=True))


@pytest.mark.usefixtures("page")
def test_the_files_of_the_page_are_a_target_with_three_classes():
    (cell,) = plan(blocks("toml")[0]).cells

    assert cell.work.task.card.labels == ("negative", "neutral", "positive")
    assert cell.work.task.train_rows == 6
    assert len(blocks("toml")[0].splitlines()) <= 25


def test_the_error_of_the_page_is_what_a_misspelt_label_gives(page):
    path = page / "reviews_train.csv"
    path.write_text(path.read_text().replace("Tuesday,neutral", "Tuesday,postive"))

    with pytest.raises(DataError, match="postive") as caught:
        plan(blocks("toml")[0])
    assert f"error: {caught.value}\n" in blocks("text")[0]


def test_the_note_of_the_page_is_what_a_leaderboard_says():
    assert overlap_note("my/reviews", both=3, scored=40) + "\n" == blocks("text")[1]


@pytest.mark.parametrize("table", blocks("toml")[1:])
@pytest.mark.usefixtures("page")
def test_the_other_definitions_of_the_page_are_valid(table):
    Path("own.toml").write_text(f"{blocks('toml')[0]}\n{table}")
    benchmark = load_benchmark(Path("own.toml"), catalog=load_catalog())

    assert len(benchmark.own_tasks) == 2


def test_every_field_of_a_definition_is_in_the_table():
    cells = re.findall(r"^\| (`.*?) \|", PAGE, flags=re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]

    assert sorted(named) == sorted(OwnTaskSpec.model_fields)
