"""Rows of a file once they are read: classes by name, what is refused, what is dropped."""

from __future__ import annotations

import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.own.classes import Classes
from metabench.tasks.own.rows import OwnRows, ReadRules, joined_rows

FILE = DataFile(path="rows.csv", format="csv")
PLACED = DataFile(path="rows.csv", format="csv", place="bench.toml:3: train")
KNOWN = Classes(("no", "yes"))
NUMBERS = 'labels = { -3 = "no", ... } names classes that are numbers'
EMPTY = "the label is empty"


def rows_of(*labels, flaws=(), bad=0, unlabelled=(), spellings=()):
    texts = [f"text {place}" for place in range(len(labels))]
    lines = range(2, 2 + len(labels))
    return OwnRows((texts,), list(labels), lines, flaws, bad, list(unlabelled),
                   frozenset(spellings))  # fmt: skip


def refusal(rows, file=FILE, *, drop=False):
    with pytest.raises(DataError) as caught:
        rows.classified(file, KNOWN, drop=drop)
    return caught.value.where, caught.value.problem, caught.value.hint


def test_wanted_are_the_texts_and_the_label_last():
    assert ReadRules(("a", "b"), "c").wanted == ("a", "b", "c")


def test_labels_become_the_names_of_their_classes():
    numbered = Classes(("no", "yes"), (("7", "yes"),))
    found = rows_of("7", "no", "yes", spellings={"é"}).classified(FILE, numbered, drop=False)

    assert found.labels == ["yes", "no", "yes"]
    assert (list(found.lines), found.spellings) == ([2, 3, 4], {"é"})
    assert found.texts == (["text 0", "text 1", "text 2"],)
    assert found.keys == [("text 0",), ("text 1",), ("text 2",)]


def test_hidden_labels_are_refused_or_dropped_with_their_lines():
    rows = rows_of("no", "-1", "yes", "-1", unlabelled=[(9, EMPTY)])
    found = rows.classified(FILE, KNOWN, drop=True)
    why = "label -1 is none of 'no', 'yes': labels are hidden or missing"

    assert (found.labels, found.texts) == (["no", "yes"], (["text 0", "text 2"],))
    assert found.unlabelled == [(3, why), (5, why), (9, EMPTY)]
    where, problem, hint = refusal(rows)
    assert (where, problem) == ("rows.csv:3", f"{why}\nrows.csv:5: {why}\nrows.csv:9: {EMPTY}")
    assert hint == ('name another split or file, or set unlabelled = "drop" in [[tasks.define]]')
    assert 'unlabelled = "drop" next to bench.toml:3: train' in refusal(rows, PLACED)[2]


def test_a_label_of_minus_one_that_is_a_class_is_one():
    minus = Classes(("-1", "1"))

    assert rows_of("-1", "1").classified(FILE, minus, drop=False).labels == ["-1", "1"]


@pytest.mark.parametrize(
    ("file", "labels", "hint"),
    [
        (FILE, ["no", "maybe"], "correct the rows, or add the label to labels"),
        (PLACED, ["no", "maybe"],
         "correct the rows, or add the label to labels next to bench.toml:3: train"),
        (FILE, ["7", "-3", "7"], f"correct the rows, or add the label to labels; {NUMBERS}"),
        (FILE, ["7", "maybe"], "correct the rows, or add the label to labels"),
    ],
)  # fmt: skip
def test_unknown_labels_are_refused_with_what_would_name_them(file, labels, hint):
    where, problem, found = refusal(rows_of(*labels), file)
    first = next(place for place, label in enumerate(labels) if label != "no")

    assert where == f"rows.csv:{2 + first}"
    assert problem.startswith(f"unknown label {labels[first]!r}; there are 'no', 'yes'")
    assert found == hint


def test_of_a_file_that_may_not_be_quoted_no_label_is_shown():
    secret = DataFile(path="rows.csv", format="csv", withheld="has a hidden name")

    assert "7" not in "".join(refusal(rows_of("7"), secret)[1:])


def test_three_bad_rows_are_named_and_the_rest_is_counted_with_those_from_before():
    rows = rows_of("a", "b", "no", "c", "d", flaws=((1, "broken"),), bad=4)
    where, problem, _ = refusal(rows)

    assert where == "rows.csv:1"
    assert problem.splitlines()[0] == "broken"
    assert [line.partition(":")[2][0] for line in problem.splitlines()[1:3]] == ["2", "3"]
    assert problem.splitlines()[-1] == "and 5 more bad rows in rows.csv"


@pytest.mark.parametrize(
    ("bad", "unlabelled", "drop", "count"),
    [(0, 2, True, 0), (0, 2, False, 2), (1, 2, True, 1), (1, 5, False, 6)],
)
def test_rows_without_a_label_are_bad_unless_they_are_dropped(bad, unlabelled, drop, count):
    flaws = tuple((line, "broken") for line in range(1, 1 + bad))
    rows = rows_of(
        "no", flaws=flaws, bad=bad, unlabelled=[(9 + n, EMPTY) for n in range(unlabelled)]
    )
    if not count:
        rows.check(FILE, drop=drop)
        return
    with pytest.raises(DataError) as caught:
        rows.check(FILE, drop=drop)

    lines = caught.value.problem.splitlines()
    shown = [line for line in lines if "more bad rows" not in line]
    assert len(shown) == min(3, count)
    assert (lines[-1] == f"and {count - 3} more bad rows in rows.csv") == (count > 3)
    assert ("unlabelled" in caught.value.hint) == (not bad)


def test_files_are_joined_in_their_order():
    one = rows_of("no", "yes", unlabelled=[(8, EMPTY)], spellings={"é"})
    two = rows_of("yes", unlabelled=[(4, EMPTY)], spellings={"ü"})
    found = joined_rows([one, two])

    assert joined_rows([one]) is one
    assert (found.labels, list(found.lines)) == (["no", "yes", "yes"], [2, 3, 2])
    assert found.texts == (["text 0", "text 1", "text 0"],)
    assert (found.unlabelled, found.spellings) == ([(8, EMPTY), (4, EMPTY)], {"é", "ü"})
    assert len(found) == 3


def test_some_examples_are_taken_in_the_order_that_is_asked_for():
    found = rows_of("a", "b", "c", spellings={"é"}).take([2, 0])

    assert (found.texts, found.labels, found.lines) == ((["text 2", "text 0"],), ["c", "a"], [4, 2])
    assert found.spellings == {"é"}
