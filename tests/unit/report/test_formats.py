"""Laws of the renderers: what they show, that it is always the same, and that names are inert."""

import csv
import dataclasses
import io
import json
import re

import pytest
from kit.formats import render_latex, render_markdown, render_terminal

from metabench.api.leaderboard import (
    Difference,
)
from metabench.leaderboard.build import build_leaderboard
from metabench.report.formats.csv_text import render_csv
from metabench.report.formats.json_text import render_json
from metabench.results.collect import collect

RENDERERS = {
    "terminal": render_terminal,
    "markdown": render_markdown,
    "csv": render_csv,
    "json": render_json,
    "latex": render_latex,
}


@pytest.fixture
def board(make_run):
    return build_leaderboard(collect(make_run()))


def test_the_terminal_shows_scores_then_differences(board):
    lines = [re.sub(" +", " ", line) for line in render_terminal(board, width=140).splitlines()]

    plain = [line.replace("•", "") for line in lines]
    assert "BERT 52.0 ± 2.0 70.0 ± 0.0 c2/3 61.0 ± 1.0 41.0 ± 1.0" in plain
    assert "Reptile ≈60.0 ± 5.0 72.0 ± 2.8 (2/3) 66.0 ± 4.9 (2/3) missing 0/3" in plain
    assert "demo: difference to BERT" in lines
    joint = "Joint +9.0 [+6.5, +11.5]* P 1.00 +2.0 [-0.5, +4.5] P 1.00 +5.5 [+4.3, +6.7]*"
    assert any(line.startswith(joint) for line in lines)


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
    assert "| BERT | 52.0 ± 2.0 | 70.0 ± 0.0 c2/3 | 61.0 ± 1.0 | 41.0 ± 1.0 |" in text.replace(
        "**", ""
    )
    assert "| +9.0 [+6.5, +11.5]\\* P 1.00 |" in text


def test_json_has_full_precision_and_says_what_is_missing(board):
    tree = json.loads(render_json(board))
    scores = tree["rows"][2]["scores"]

    assert tree["schema"] == 1
    assert scores[0]["mean"] == board.rows[2].scores[0].mean
    assert scores[3]["mean"] is None
    assert scores[3]["status"] == "missing"


@pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS)
def test_published_rows_are_marked_and_stand_below_ours(render, signs):
    text = render(signs)

    assert text.index("Reptile 2:1") < text.index("BERT (2019)")
    assert "Dou et al. 2019, Table 1" in text
    if render not in {render_csv, render_json}:
        assert text.index("reported elsewhere") < text.index("BERT (2019)")


def test_published_rows_have_no_verdict(signs):
    (header, *rows) = csv.reader(io.StringIO(render_csv(signs)))
    theirs = [dict(zip(header, row, strict=True)) for row in rows if row[3]]

    assert len(theirs) == len(signs.columns)
    assert {row[name] for row in theirs for name in ("verdict", "p", "difference", "best")} == {""}


def test_csv_has_a_line_per_method_and_column_with_all_digits(signs):
    third = dataclasses.replace(signs.rows[0].scores[0], mean=1 / 3)
    row = dataclasses.replace(signs.rows[0], scores=(third, *signs.rows[0].scores[1:]))
    rows = list(csv.DictReader(io.StringIO(render_csv(dataclasses.replace(signs, rows=(row,))))))

    assert [line["column"] for line in rows[:5]] == [column.name for column in signs.columns]
    assert float(rows[0]["mean"]) == 1 / 3
    assert (rows[0]["n"], rows[0]["planned"], rows[0]["collapsed"]) == ("8", "8", "1")


def test_csv_gives_a_second_baseline_columns_of_its_own(signs):
    rows = list(csv.DictReader(io.StringIO(render_csv(signs))))
    reptile = rows[10]

    assert (reptile["method"], reptile["column"]) == ("Reptile 2:1", "glue/cola")
    assert (reptile["baseline"], reptile["difference"], reptile["verdict"]) == (
        "BERT",
        "0.054",
        "better",
    )
    assert (reptile["baseline_2"], reptile["difference_2"]) == ("Joint", "0.045")


def test_latex_sets_the_highest_mean_in_bold_and_marks_what_is_close(signs):
    text = render_latex(signs)

    assert r"BERT & $52.1_{\pm 1.2}$ {\scriptsize c1/8} & $\mathbf{66.4}_{\pm 2.0}$" in text
    assert r"$59.0_{\pm 1.0}^{\approx}$ {\scriptsize (7/8)}" in text
    assert r"Reptile 2:1 & $\mathbf{+5.4}^{*\uparrow}$ {\scriptsize p 0.008} & " in text
    assert r" & {\scriptsize $[+3.0,+7.8]$} & {\scriptsize $[-9.0,-4.0]$} & " in text
    assert r"\multicolumn{6}{l}{\emph{reported elsewhere}}" in text


def test_the_highest_mean_is_marked_with_and_without_colour(signs):
    assert "•66.4 ± 2.0" in render_terminal(signs)
    assert "\x1b[1m•66.4 ± 2.0" in render_terminal(signs, color=True).replace(" \x1b[1m", "\x1b[1m")
    assert "| **66.4 ± 2.0** |" in render_markdown(signs)


def test_an_average_over_some_of_the_targets_is_marked_and_explained(signs):
    for text in (render_terminal(signs), render_markdown(signs)):
        assert "58.0 ± 1.0 †1/2" in text
        assert "- †3/4: the mean over the 3 of 4 targets that have a score" in text


def test_no_sign_is_explained_that_does_not_occur(board):
    text = render_terminal(board)

    assert "†" not in text
    assert "▲" not in text
    assert "reported elsewhere" not in text


def test_the_cost_is_a_table_of_its_own_in_units_one_can_read(signs):
    lines = [re.sub(" +", " ", line) for line in render_terminal(signs, width=120).splitlines()]

    assert "method wall time gradients HVPs examples tokens peak memory" in lines
    assert "BERT 20 min 34 s 12 k 0 123 k 72 M 2.98 GiB" in lines
    assert "Joint 9.5 s 12 k - - - -" in lines
    assert "cost of one meta seed" not in render_terminal(signs, cost=False)


def test_the_conclusion_is_last_in_the_terminal_and_first_in_markdown_and_json(signs):
    first, other = signs.conclusion

    assert render_terminal(signs).splitlines()[-2:] == [f"- {other}", f"- {first}"]
    assert render_markdown(signs).startswith("**Conclusion**\n\n- BERT has the highest average")
    assert list(json.loads(render_json(signs)))[:2] == ["schema", "conclusion"]


def test_the_signature_is_a_line_of_its_own_and_can_be_copied(signs):
    assert signs.signature in render_terminal(signs).splitlines()
    assert render_markdown(signs).splitlines()[-1] == f"`{signs.signature}`"


def test_a_long_signature_breaks_between_its_settings(signs):
    long = dataclasses.replace(
        signs, conclusion=(), signature="|".join(f"setting{n}:value{n}" for n in range(9))
    )
    lines = render_terminal(long, width=60).splitlines()[-3:]

    assert "".join(lines) == long.signature
    assert all(line.endswith("|") for line in lines[:-1])


def test_the_statistics_are_explained_only_when_asked_for(signs):
    for render in (render_terminal, render_markdown, render_latex):
        assert "Nothing is filled in." not in render(signs)
        assert "Nothing is filled in." in render(signs, explain=True)


def test_a_score_that_is_no_share_is_shown_as_it_is(signs):
    text = render_terminal(signs)

    assert "1.234 ± 0.100" in text
    assert "+0.066 (1/8)" in text


def test_a_difference_below_zero_keeps_its_sign_and_a_score_is_never_minus_zero(signs):
    difference = Difference("BERT", -0.0001, (-0.0004, 0.0002), 8)
    first, *others = signs.rows[1].scores
    score = dataclasses.replace(first, mean=-0.0001, differences=(difference,))
    row = dataclasses.replace(signs.rows[1], scores=(score, *others))
    text = render_terminal(dataclasses.replace(signs, rows=(signs.rows[0], row)))

    assert "-0.0 [-0.0, +0.0]" in text
    assert " 0.0 ± 2.0" in text
    assert "-0.0 ±" not in text
