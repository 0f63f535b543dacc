"""The sentence on what examples are worth: a line in log n, worked by hand."""

from __future__ import annotations

import math

import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.conclusion.worth import worth
from metabench.results.collect import collect

SIZES = (8, 16, 64)
TASKS = "abcde"


@pytest.fixture
def said(make_study):
    """Return the function that gives the sentences on a method of a run with some tasks and seeds.

    The baseline is on 0.3 + 0.1 log n; the method has a gain on each task.
    """

    def make(gains, *, seeds=(1,) * 5, method="Meta"):
        def score(who, rows, seed, gain):
            spread = 0.001 * seed if who == "Meta" else 0.0
            mean = 0.3 + 0.1 * math.log(rows) + (gain + spread if who == "Meta" else 0.0)
            return {"scores": {"accuracy": mean}, "train_rows": rows}

        scores = {
            (who, f"{task}@{rows}"): {seed: score(who, rows, seed, gain) for seed in range(number)}
            for who in ("Plain", "Meta")
            for task, gain, number in zip(TASKS, gains, seeds, strict=False)
            for rows in SIZES
        }
        store = make_study(scores, roles=dict.fromkeys([name for _, name in scores], "transfer"))
        note = store.run()
        columns = tuple(
            column.model_copy(update={"task": column.name[0], "title": column.name[0].upper()})
            for column in note.columns
        )
        store.commit_run("", "", note.model_copy(update={"columns": columns}))
        collected = collect(store)
        return list(worth(collected, build_leaderboard(collected), method))

    return make


TWICE = 0.1 * math.log(2)  # a gain as by twice as many examples


@pytest.mark.parametrize(
    ("gains", "end"),
    [
        ([TWICE], "as Plain with 16"),
        ([TWICE, 2 * TWICE], "as Plain with 16, with 8 of B as with 32"),
        ([TWICE] * 3, "as Plain with 16, with 8 of B as with 16, with 8 of C as with 16"),
        (
            [TWICE] * 5,
            "as Plain with 16, with 8 of B as with 16, with 8 of C as with 16, 2 more tasks",
        ),
        ([9.0], "as Plain with more than 64"),
    ],
)
def test_three_tasks_are_told_and_more_are_counted(said, gains, end):
    (sentence,) = said(gains)

    assert sentence == f"Equivalent examples: Meta scores as well with 8 examples of A {end}."


def test_an_interval_is_in_brackets_and_explained(said):
    (sentence,) = said([TWICE], seeds=[3])
    begin = "Equivalent examples (in brackets the 95 % confidence interval): Meta scores as well"

    assert sentence.startswith(f"{begin} with 8 examples of A as Plain with 16 [")


def test_one_interval_of_several_is_enough_to_be_explained(said):
    (sentence,) = said([TWICE, TWICE], seeds=[1, 3])

    assert sentence.startswith("Equivalent examples (in brackets the 95 %")
    assert " as Plain with 16, with 8 of B as with 16 [" in sentence


def test_an_interval_that_is_all_beyond_the_largest_size_is_said_once(said):
    (sentence,) = said([9.0], seeds=[3])

    assert sentence.endswith("as Plain with more than 64.")


def test_a_method_that_gains_nothing_has_no_sentence(said):
    assert said([-0.1]) == []
    assert said([TWICE], method="Plain") == []
