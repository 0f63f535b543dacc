"""What a message shows of a file: its first bad rows, values and names, or nothing of it."""

from __future__ import annotations

import pytest

from metabench.api.task import DataFile
from metabench.tasks.reading.refusal import (
    because,
    nearest,
    not_shown,
    quoted,
    quoted_names,
    refused,
    refused_rows,
    why_withheld,
)

FILE = DataFile(path="rows.csv", format="csv")
PLACED = DataFile(path="rows.csv", format="csv", place="bench.toml:3: train")
TABLE = DataFile(path="rows.parquet", format="parquet")
SECRET = DataFile(path="rows.csv", format="csv", withheld="has a hidden name")
HIDDEN = "(not shown: the file has a hidden name)"


@pytest.mark.parametrize(
    ("file", "line", "where", "hint"),
    [
        (FILE, 0, "rows.csv", "correct the file"),
        (FILE, 1, "rows.csv:1", "correct the file"),
        (TABLE, 7, "rows.parquet: row 7", "correct the file"),
        (PLACED, 7, "rows.csv:7", "correct the file, which bench.toml:3: train names"),
    ],
)
def test_an_error_has_the_line_or_the_row_and_what_names_the_file(file, line, where, hint):
    error = refused(file, "is bad", line=line)

    assert (error.problem, error.where, error.hint) == ("is bad", where, hint)
    assert refused(file, "is bad", hint="mine").hint == "mine"


@pytest.mark.parametrize(
    ("lines", "count", "problem"),
    [
        ([3], 1, "bad 3"),
        ([5, 3], 2, "bad 3\nrows.csv:5: bad 5"),
        ([9, 5, 3], 3, "bad 3\nrows.csv:5: bad 5\nrows.csv:9: bad 9"),
        ([3, 5, 9], 4,
         "bad 3\nrows.csv:5: bad 5\nrows.csv:9: bad 9\nand 1 more bad rows in rows.csv"),
        ([3, 5, 9, 11], 1234,
         "bad 3\nrows.csv:5: bad 5\nrows.csv:9: bad 9\nand 1,231 more bad rows in rows.csv"),
    ],
)  # fmt: skip
def test_the_first_three_bad_rows_are_named_and_the_rest_is_a_number(lines, count, problem):
    error = refused_rows(FILE, [(line, f"bad {line}") for line in lines], count=count)

    assert (error.problem, error.where) == (problem, "rows.csv:3")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "'a'"), (3, "3"), ("x" * 58, repr("x" * 58)), ("x" * 59, "'" + "x" * 56 + "...")],
)
def test_a_value_is_quoted_in_at_most_sixty_characters(value, expected):
    assert quoted(FILE, value) == expected
    assert len(expected) <= 60


def test_a_dozen_names_are_quoted_and_the_rest_is_counted():
    names = [chr(97 + number) for number in range(14)]
    first = ", ".join(repr(name) for name in names[:12])

    assert quoted_names(FILE, names[:12]) == first
    assert quoted_names(FILE, names[:13]) == f"{first} and 1 more"
    assert quoted_names(FILE, ["y" * 101]) == repr("y" * 100)
    assert quoted_names(FILE, ["y"] * 1500).endswith(" and 1,488 more")


def test_nothing_of_a_file_that_is_withheld_is_shown():
    assert not_shown(FILE) == ""
    assert {not_shown(SECRET), quoted(SECRET, "a"), quoted_names(SECRET, ["a"])} == {HIDDEN}
    assert because(SECRET, ValueError("row 'a'")) == f": {HIDDEN}"
    assert nearest(SECRET, "lable", ["label"]) == f"; there are {HIDDEN}"


def test_a_reason_is_its_first_line_and_begins_small():
    assert because(FILE, ValueError("Bad row\nmore")) == ": bad row"


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("lable", ["label", "text"], "; there are 'label', 'text'; did you mean 'label'?"),
        ("lable", [" label ", "text"], "; there are ' label ', 'text'; did you mean ' label '?"),
        ("zzz", ["label", "label"], "; there are 'label'"),
        ("zzz", [], ""),
    ],
)
def test_what_there_is_comes_with_what_is_near(name, known, expected):
    assert nearest(FILE, name, known) == expected


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("rows.csv", ""), ("deep/rows.csv", ""), ("a.b/rows.csv", ""),
        (".env", "has a hidden name"),
        (".git/rows", "has a hidden name"), ("deep/.x", "has a hidden name"),
        ("../rows.csv", "is outside the benchmark file's folder"),
        ("../folder-2/rows.csv", "is outside the benchmark file's folder"),
        ("a\0b", "is outside the benchmark file's folder"),
    ],
)  # fmt: skip
def test_files_outside_and_hidden_ones_are_withheld(tmp_path, path, why):
    folder = tmp_path / "folder"
    folder.mkdir()

    assert why_withheld(f"{folder}/{path}", str(folder)) == why


def test_a_link_counts_as_what_it_leads_to(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "rows.csv").symlink_to(tmp_path / "elsewhere.csv")

    assert why_withheld(str(tmp_path / "folder" / "rows.csv"), str(tmp_path / "folder")) != ""
