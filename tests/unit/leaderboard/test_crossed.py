"""Differences have a second interval where the predictions behind them are there."""

from dataclasses import replace

import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.crossed import with_crossed_intervals
from metabench.leaderboard.statistics.crossed import crossed_half_width
from metabench.leaderboard.statistics.design import components
from metabench.results.collect import collect


def crossed(store):
    collected = collect(store)
    board = with_crossed_intervals(build_leaderboard(collected), [store], collected)
    return {
        column.name: score.differences[0]
        for column, score in zip(board.columns, board.rows[1].scores, strict=True)
    }


def test_the_interval_is_that_of_the_paired_pseudo_values(predicted):
    store, right = predicted()
    found = crossed(store)["x"]
    half = crossed_half_width([right["Joint", "x"] - right["BERT", "x"]], alpha=0.05)

    assert found.crossed == pytest.approx((found.mean - half, found.mean + half))
    assert found.crossed[0] < found.interval[0] < found.interval[1] < found.crossed[1]


def test_that_of_the_average_takes_the_examples_of_all_targets(predicted):
    store, right = predicted()
    found = crossed(store)["average"]
    tasks = [right["Joint", task] - right["BERT", task] for task in "xy"]
    half = crossed_half_width(tasks, alpha=0.05)

    assert found.crossed == pytest.approx((found.mean - half, found.mean + half))


def test_predictions_that_are_not_there_leave_that_column_and_the_average_without_one(predicted):
    store, _ = predicted(without={("Joint", "x", 2)})
    found = crossed(store)

    assert found["x"].crossed is None is found["average"].crossed
    assert found["y"].crossed is not None


def test_the_metric_of_a_plugin_is_not_loaded(predicted):
    store, _ = predicted({"accuracy": {"target": "os:system", "source": ""}})

    assert all(found.crossed is None for found in crossed(store).values())


def test_nothing_else_of_the_leaderboard_changes(predicted):
    store, _ = predicted()
    collected = collect(store)
    board = build_leaderboard(collected)
    found = with_crossed_intervals(board, [store], collected)

    assert replace(found, rows=board.rows, explanation=board.explanation) == board
    assert found.explanation.startswith(board.explanation)
    assert "the difference to BERT on the average are: Joint " in found.explanation
    assert [row.scores[0].mean for row in found.rows] == [row.scores[0].mean for row in board.rows]


@pytest.mark.parametrize(
    "target",
    [
        "metabench.metrics.compute:importlib",
        "metabench.metrics.compute:clipped",
        "metabench.metrics.scores:matthews",
        "metabench.metrics.nowhere:accuracy",
        "metabench.metrics.scores",
    ],
)
def test_a_record_names_no_code_but_a_metric_that_fits(predicted, target):
    """A run folder may be third-party: what its ``cell.json`` names is no reason to call it."""
    store, _ = predicted({"accuracy": {"target": target, "source": ""}})

    assert all(difference.crossed is None for difference in crossed(store).values())


@pytest.mark.parametrize("draws", [4, 5])
def test_five_draws_are_a_sample_too_and_fewer_are_taken_as_given(predicted, draws):
    store, right = predicted(seeds=[10 * seed + draw for seed in range(3) for draw in range(draws)])
    note = store.run()
    places = [divmod(use.meta_seed, 10) for use in note.uses]
    uses = tuple(
        use.model_copy(update={"meta_seed": seed, "draw": draw})
        for use, (seed, draw) in zip(note.uses, places, strict=True)
    )
    store.commit_run("", "", note.model_copy(update={"uses": uses}))
    found = crossed(store)["x"]
    values = (right["Joint", "x"] - right["BERT", "x"]).reshape(3, draws, -1)
    given = crossed_half_width([values.mean(axis=1)], alpha=0.05)
    half = components([values]).half_width(3, 5, alpha=0.05) if draws == 5 else given

    assert found.crossed == pytest.approx((found.mean - half, found.mean + half))
