"""Laws of the renderers: what they show, that it is always the same, and that names are inert."""

import dataclasses
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.report.escape import markdown_text, visible
from metabench.report.json_text import render_json
from metabench.report.leaderboard import build_leaderboard
from metabench.report.markdown import render_markdown
from metabench.report.terminal import render_terminal
from metabench.results.collect import collect

HOSTILE = "[/red]\x1b[31m\x1b]8;;http://x\x07\u202e|\n# <b>*_`[a](javascript:b)"


@pytest.fixture
def board(make_run):
    return build_leaderboard(collect(make_run()))


def hostile_board(name=HOSTILE):
    difference = Difference(name, 0.1, (0.05, 0.15), 3)
    score = LeaderboardScore(0.5, 0.1, 3, 3, differences=(difference,))
    column = LeaderboardColumn("c", name, "target", name, label=name)
    return Leaderboard(
        name=name,
        smoke=False,
        columns=(column,),
        rows=(LeaderboardRow(name, (score,)), LeaderboardRow("other", (score,))),
        baselines=(name,),
        alpha=0.05,
        captions=(name,),
    )


def test_the_terminal_shows_scores_then_differences(board):
    lines = [re.sub(" +", " ", line) for line in render_terminal(board).splitlines()]

    assert "BERT 52.0 ± 2.0 70.0 ± 0.0 c2 61.0 ± 1.0 41.0 ± 1.0" in lines
    assert "Reptile 60.0 ± 5.0 72.0 ± 2.8 (2/3) 66.0 ± 4.9 (2/3) missing 0/3" in lines
    assert "demo: difference to BERT" in lines
    assert "Joint +9.0 [+6.5, +11.5]* +2.0 [-0.5, +4.5] +5.5 [+4.3, +6.7]*" in lines


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(board, width):
    text = render_terminal(board, width=width)

    assert max(map(len, text.splitlines())) <= width
    for number in ("52.0 ± 2.0", "72.0 ± 2.8 (2/3)", "+9.0 [+6.5, +11.5]*", "missing 0/3"):
        assert number in text


def test_colour_is_there_only_when_asked_for(board):
    assert "\x1b" not in render_terminal(board)
    assert "\x1b[1m" in render_terminal(board, color=True)


def test_colour_changes_no_character(board):
    plain = re.sub("\x1b\\[[0-9;]*m", "", render_terminal(board, color=True))

    assert [line.rstrip() for line in plain.splitlines()] == render_terminal(board).splitlines()


def test_the_environment_changes_nothing(board, monkeypatch):
    before = render_terminal(board)
    for name, value in {"COLUMNS": "30", "FORCE_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)

    assert render_terminal(board) == before


def test_markdown_has_one_row_per_method_and_marks_what_excludes_zero(board):
    text = render_markdown(board)

    assert "| method | RTE | MRPC | average | SciTail 0.1 % 24 rows |" in text
    assert "| BERT | 52.0 ± 2.0 | 70.0 ± 0.0 c2 | 61.0 ± 1.0 | 41.0 ± 1.0 |" in text
    assert "| **+9.0 [+6.5, +11.5]\\*** |" in text


def test_json_has_full_precision_and_says_what_is_missing(board):
    tree = json.loads(render_json(board))
    scores = tree["rows"][2]["scores"]

    assert tree["schema"] == 1
    assert scores[0]["mean"] == board.rows[2].scores[0].mean
    assert scores[3]["mean"] is None
    assert scores[3]["status"] == "missing"


def test_hostile_names_do_nothing_to_a_terminal():
    text = render_terminal(hostile_board())

    assert "\\x1b[31m" in text
    assert visible(text, keep="\n") == text


def test_hostile_names_do_nothing_to_markdown():
    text = render_markdown(hostile_board())

    assert visible(text, keep="\n") == text
    assert not re.search(r"(?<!\\)<b>|(?<!\\)\[a|(?<!\\)`|https?://", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_any_name_can_be_shown(name):
    board = hostile_board(name)

    assert visible(render_terminal(board), keep="\n") == render_terminal(board)
    assert visible(render_markdown(board), keep="\n") == render_markdown(board)
    assert json.loads(render_json(board))["name"] == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("# title", r"\# title"),
        ("1. item", r"1\. item"),
        ("https://x.y", r"https:\/\/x.y"),
        ("www.x.y", r"www\.x.y"),
        ("+3.2 (n = 3)", r"\+3.2 (n = 3)"),
        ("a\nb", r"a\\nb"),
    ],
)
def test_markdown_text_is_escaped_where_it_could_act_and_nowhere_else(text, shown):
    assert markdown_text(text) == shown


def test_a_score_that_is_no_share_is_shown_as_it_is():
    board = hostile_board("loss")
    column = dataclasses.replace(board.columns[0], percent=False)
    text = render_terminal(dataclasses.replace(board, columns=(column,)))

    assert "0.500 ± 0.100" in text
    assert "+0.100 [+0.050, +0.150]*" in text


def test_nothing_is_shown_as_minus_zero():
    board = hostile_board("m")
    difference = Difference("m", -0.0001, (-0.0004, 0.0002), 3)
    score = dataclasses.replace(board.rows[1].scores[0], differences=(difference,))
    row = dataclasses.replace(board.rows[1], scores=(score,))
    text = render_terminal(dataclasses.replace(board, rows=(board.rows[0], row)))

    assert "+0.0 [+0.0, +0.0]" in text
