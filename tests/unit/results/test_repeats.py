"""Cells that were run twice: which are named, and how many of them in words."""

from __future__ import annotations

import pytest

from metabench.results.repeats import nondeterministic, repeat_notes, same_numbers
from metabench.store.records.cell import FileNote, Result

KEYS = [digit * 64 for digit in "abcdef"]
FILE = FileNote(path="predictions.parquet", bytes=1, sha256="0" * 64)
OTHER = FILE.model_copy(update={"sha256": "1" * 64})


@pytest.fixture
def runs(provenance):
    """Return the function that makes two runs of some cells with other scores, and places."""

    def make(number, *, facts=None, **later):
        first = provenance.model_copy(update={"ended": "1", "device": "cpu", "threads": 1})
        second = first.model_copy(update={"ended": "2"} | (facts or {}))
        both = []
        for where, changes in ((first, {}), (second, {"scores": {"accuracy": 0.75}} | later)):
            fields = {"scores": {"accuracy": 0.5}, "files": (FILE,)} | changes
            both.append({
                key: Result(
                    kind="adapt", name=key[:1], key=key, wall_seconds=1.0, provenance=where,
                    **fields,
                )
                for key in KEYS[:number]
            })  # fmt: skip
        return both

    return make


AWAY = {"device": "gpu"}


@pytest.mark.parametrize(
    ("number", "were", "shown"),
    [(1, "1 cell was", "a"), (2, "2 cells were", "ab"), (3, "3 cells were", "abc"),
     (4, "4 cells were", "abc1"), (6, "6 cells were", "abc3")],
)  # fmt: skip
def test_the_first_three_cells_that_differ_elsewhere_are_named_and_the_others_counted(
    runs, number, were, shown
):
    (note,) = repeat_notes(runs(number, facts=AWAY))
    cells = [
        f"{name} more" if name.isdigit()
        else f"{name}: accuracy 0.5000, then 0.7500 (device cpu → gpu)"
        for name in shown
    ]  # fmt: skip

    assert note == (
        f"TWICE: {were} run more than once and gave other scores; the first to be done counts,"
        f" nothing is averaged: {'; '.join(cells)}"
    )


@pytest.mark.parametrize(("number", "who"), [(1, "a"), (2, "a and 1 more"), (3, "a and 2 more")])
def test_of_those_that_differ_from_themselves_in_one_place_the_first_is_named(runs, number, who):
    (note,) = repeat_notes(runs(number))

    assert note.startswith(f"NONDETERMINISTIC: {who} gave other numbers when run again")
    assert nondeterministic(runs(number)) == tuple("abc"[:number])


def test_three_facts_of_a_place_are_named_and_the_others_counted(runs):
    three = {"device": "gpu", "threads": 2, "precision": "bf16"}
    unknown = {"precision": "fp32"}
    for facts, end in (
        (three, "(device cpu → gpu, threads 1 → 2)"),
        (three | {"python": "4"}, "(python 3 → 4, device cpu → gpu, threads 1 → 2)"),
        (
            three | {"python": "4", "metabench": "1"},
            "(metabench 0 → 1, python 3 → 4, device cpu → gpu, 1 more)",
        ),
    ):
        (note,) = repeat_notes(runs(1, facts=facts | unknown))
        assert note.endswith(end)


def test_the_numbers_are_those_of_the_first_to_be_done_whichever_comes_first(runs):
    both = runs(1, facts=AWAY, scores={"accuracy": 0.75, "f1": 0.1})

    assert list(repeat_notes(both)) == list(repeat_notes(both[::-1]))
    assert "a: accuracy 0.5000, then 0.7500 (" in next(repeat_notes(both))


@pytest.mark.parametrize("field", ["files", "left_out", "losses", "draws", "steps"])
def test_equal_scores_from_other_parameters_are_other_numbers(runs, field):
    value = {"files": (OTHER,), "left_out": (OTHER,), "losses": {"last": 1.0}, "draws": {"x": 1}}
    changes = {"scores": {"accuracy": 0.5}, field: value.get(field, 7)}
    both = runs(1, facts=AWAY, **changes)
    one, other = (run[KEYS[0]] for run in both)

    assert not same_numbers(one, other)
    assert "a: other parameters (" in next(repeat_notes(both))


def test_files_left_out_of_a_copy_are_the_same_files(runs):
    one, other = runs(1, scores={"accuracy": 0.5}, files=(), left_out=(FILE,))

    assert same_numbers(one[KEYS[0]], other[KEYS[0]])
    assert list(repeat_notes([one, other])) == []
