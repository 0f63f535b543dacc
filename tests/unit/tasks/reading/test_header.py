"""Where the wanted columns are, and what a first line that lacks one most likely is."""

from __future__ import annotations

import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.reading.header import column_places

PLACE = "bench.toml:3: train"


def places(columns, wanted=("text", "label"), form="csv", place="", **settings):
    file = DataFile(path="rows", format=form, place=place, **settings)
    return column_places(file, columns, wanted, line=2)


def refusal(columns, wanted=("text", "label"), form="csv", **settings):
    with pytest.raises(DataError) as caught:
        places(columns, wanted, form, **settings)
    return caught.value.problem, caught.value.hint


def test_columns_are_found_by_name_in_the_order_asked_for():
    assert places(["label", "x", "x", "text"]) == [3, 0]
    assert places(["text"], ["text", "text"]) == [0, 0]


def test_a_name_of_two_columns_is_refused():
    assert refusal(["text", "label", "text"])[0] == "two columns are called 'text'"


def test_a_missing_column_is_named_with_what_is_there():
    assert refusal(["text", "lable"]) == (
        "no column 'label'; there are 'text', 'lable'; did you mean 'lable'?", "correct the file",
    )  # fmt: skip
    assert refusal(["text", "x"], place=PLACE)[1] == (
        f"correct text and label next to {PLACE}, or the file's column names"
    )
    assert refusal(["good", "no"], place=PLACE)[1] == (
        f"correct text and label next to {PLACE}, or the file's column names, from its first line"
    )
    assert "first line" not in refusal(["good", "no"], form="parquet", place=PLACE)[1]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_a_line_for_a_spreadsheet_is_known(form):
    assert refusal(["sep=;"], form=form) == (
        "'sep=;' is for a spreadsheet; the columns' names are in the next line", "remove that line",
    )  # fmt: skip
    assert "spreadsheet" not in refusal(["x", "sep=;"], form=form)[0]
    assert "spreadsheet" not in refusal(["sep=;"], form="parquet")[0]
    assert refusal([], form=form)[0] == "no column 'text'"


@pytest.mark.parametrize(
    ("column", "form", "settings", "by", "fix"),
    [
        ("text;label", "csv", {}, "';', not by commas", 'delimiter = ";"'),
        ("text\tlabel", "csv", {}, "tabs, not by commas", 'format = "tsv"'),
        ("text,label", "tsv", {}, "commas, not by tabs", 'format = "csv"'),
        ("text|label", "tsv", {}, "'|', not by tabs", 'delimiter = "|"'),
        ("text,label", "csv", {"delimiter": ";"}, "commas, not by ';'", 'format = "csv"'),
        ("text;label", "csv", {"delimiter": "^"}, "';', not by '^'", 'delimiter = ";"'),
    ],
)
def test_another_separator_is_known_by_what_parts_the_names(column, form, settings, by, fix):
    problem, hint = refusal([column], form=form, **settings)

    assert problem == f"the columns of {column!r} are separated by {by}"
    assert hint == f"set {fix}"
    assert refusal([column], form=form, place=PLACE, **settings)[1] == f"set {fix} next to {PLACE}"


@pytest.mark.parametrize(
    ("columns", "form"),
    [(["text;label", "x"], "csv"), (["text;label"], "parquet"), (["textlabel"], "csv"),
     (["a,b"], "csv")],
)  # fmt: skip
def test_one_name_without_another_separator_is_a_missing_column(columns, form):
    assert refusal(columns, form=form)[0].startswith("no column 'text'; there are ")
