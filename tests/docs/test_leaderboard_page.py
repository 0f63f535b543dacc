"""docs/leaderboard.md names every field and option, and shows what is printed."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from metabench.api import leaderboard
from metabench.cli.commands.compare import command
from metabench.report.formats.csv_text import render_csv

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "leaderboard.md").read_text(encoding="utf-8")
GOLDEN = (ROOT / "tests" / "unit" / "report" / "golden" / "signs-80.txt").read_text("utf-8")
VALUES = [
    leaderboard.Leaderboard,
    leaderboard.LeaderboardColumn,
    leaderboard.LeaderboardRow,
    leaderboard.LeaderboardScore,
    leaderboard.Difference,
    leaderboard.Cost,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_field_of_json_is_named(value):
    named = set(re.findall(r"`(\w+)`", PAGE.partition("### JSON")[2]))

    assert {field.name for field in fields(value)} <= named


def test_every_column_of_csv_is_named():
    board = leaderboard.Leaderboard("b", False, (), (), ("A",), 0.05, ())
    section = PAGE.partition("### CSV")[2].partition("### JSON")[0]

    assert set(render_csv(board).strip().split(",")) <= set(re.findall(r"`(\w+)`", section))


def test_every_option_that_chooses_what_is_shown_is_named():
    shared = {"--json", "--runs", "--traceback", "--output", "-o", "--plots"}
    options = {name for option in command.params for name in option.opts if name.startswith("--")}

    assert {name for name in options - shared if name not in PAGE} == set()


def test_the_tables_are_those_that_are_printed():
    blocks = re.findall(r"```text[^\n]*\n(.*?)```", PAGE, re.DOTALL)
    tables = [text for text in blocks if "─" in text]

    assert len(tables) == 2
    assert all(text in GOLDEN for text in tables)
