"""Equivalent examples: the number with which the baseline reaches a method's score."""

from __future__ import annotations

import math

import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.equivalent import equivalent_examples, examples_for
from metabench.leaderboard.statistics.summary import student_interval
from metabench.results.collect import collect

SIZES = (8, 16, 64)
GAINS = (0.05, 0.06, 0.10)
SLOPE = 0.1


def base(rows):
    return 0.3 + SLOPE * math.log(rows)


@pytest.fixture
def sized(make_study):
    """Return the function that makes a run: a baseline on a line in log n, and a method above."""

    def make(gains=GAINS, *, sign=1.0, tasks=("air",)):
        def score(method, rows, seed):
            gained = gains[seed] if method == "Meta" else 0.0
            value = base(rows) + 0.001 * seed + gained
            return {"scores": {"accuracy": value if sign > 0 else 1 - value}, "train_rows": rows}

        scores = {
            (method, f"{task}@{rows}"): {
                seed: score(method, rows, seed) for seed in range(len(gains))
            }
            for method in ("Plain", "Meta")
            for task in tasks
            for rows in SIZES
        }
        store = make_study(scores, roles=dict.fromkeys([name for _, name in scores], "transfer"))
        note = store.run()
        columns = tuple(
            column.model_copy(
                update={
                    "task": column.name.partition("@")[0],
                    "title": column.name.partition("@")[0].title(),
                    "error": sign < 0,
                }
            )
            for column in note.columns
        )
        store.commit_run("", "", note.model_copy(update={"columns": columns}))
        return collect(store)

    return make


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_on_a_line_in_log_n_a_gain_is_worth_its_exponential(sized, sign):
    collected = sized(sign=sign)
    (found,) = equivalent_examples(collected, build_leaderboard(collected))
    mean = sum(GAINS) / 3
    low, high = student_interval(GAINS, alpha=0.05)

    assert (found.method, found.baseline, found.examples) == ("Meta", "Plain", 8)
    assert found.needed == pytest.approx(8 * math.exp(mean / SLOPE), rel=1e-6)
    assert found.interval == (
        pytest.approx(max(8, 8 * math.exp(low / SLOPE)), rel=1e-6),
        pytest.approx(8 * math.exp(high / SLOPE), rel=1e-6),
    )


def test_the_conclusion_says_what_examples_are_worth(sized):
    board = build_leaderboard(sized(tasks=("air", "sea")))

    said = (
        "Equivalent examples (in brackets the 95 % confidence interval): Meta scores as well with"
        " 8 examples of Air as Plain with 16 [8, 31], with 8 of Sea as with 16 [8, 31]."
    )

    assert [line for line in board.conclusion if line.startswith("Equivalent")] == [said]


def test_beyond_the_largest_size_is_said_so(sized):
    board = build_leaderboard(sized((0.5, 0.6, 0.7)))
    said = "as Plain with more than 64."

    assert any(line.endswith(said) for line in board.conclusion)


def test_a_method_that_is_no_better_is_worth_nothing_more(sized):
    collected = sized((0.0, -0.1, 0.05))

    assert not list(equivalent_examples(collected, build_leaderboard(collected)))


def test_where_a_curve_falls_its_highest_value_so_far_counts():
    curve = {4: 0.4, 8: 0.6, 16: 0.5, 32: 0.7}

    assert examples_for(0.2, curve) == 4
    assert examples_for(0.6, curve) == pytest.approx(8)
    assert examples_for(0.65, curve) == pytest.approx(16 * 2**0.5)
    assert examples_for(0.71, curve) == math.inf
