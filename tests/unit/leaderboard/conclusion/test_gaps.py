"""Sentences on gaps: who failed, what is missing, what collapsed, and where nobody learned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metabench.api.leaderboard import (
    Difference,
    Leaderboard,
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardScore,
)
from metabench.leaderboard.conclusion import gaps

COLUMNS = (
    LeaderboardColumn("a", "A", "target", "Accuracy", label="1 % = 24 rows"),
    LeaderboardColumn("b", "B", "target", "Accuracy"),
    LeaderboardColumn("average", "average", "average", "mean of 2 targets"),
)
SCORE = LeaderboardScore(0.5, 0.1, 3, 3, runs=3)


def board(*rows, columns=COLUMNS, **fields):
    """Return a leaderboard of rows (method, changes of its scores by column)."""
    made = tuple(
        LeaderboardRow(
            name, tuple(replace(SCORE, **changes.get(column.name, {})) for column in columns)
        )
        for name, changes in rows
    )
    return Leaderboard(
        "r", False, columns, made, fields.pop("baselines", ("M",)), 0.05, (), **fields
    )


def test_failed_runs_are_summed_over_the_columns_of_a_method():
    found = board(
        ("M", {}), ("N", {"a": {"failed": 1}}), ("O", {"a": {"failed": 2}, "b": {"failed": 1}})
    )

    (said,) = gaps.failed(found)
    assert said.startswith("Runs failed: N (1 run) and O (3 runs); a method with failed seeds")
    assert list(gaps.failed(board(("M", {})))) == []


def test_missing_scores_are_those_of_tasks_and_not_of_the_average():
    lack = {"status": "missing"}
    found = board(("M", {"b": lack}), ("N", {"average": lack}), ("O", {"a": {"status": "failed"}}))

    assert list(gaps.missing(found)) == ["Not complete: M lacks scores that have not been run."]
    both = board(("M", {"b": lack}), ("N", {"a": lack}))
    assert list(gaps.missing(both)) == ["Not complete: M and N lack scores that have not been run."]


def test_collapsed_runs_have_their_denominator_and_how_those_of_the_baseline_compare():
    tested = Difference("M", 0.1, None, 3, collapse_p=0.25)
    other = Difference("X", 0.1, None, 3, collapse_p=0.01)
    found = board(
        ("M", {"a": {"collapsed": 1}}),
        ("N", {"b": {"collapsed": 2, "differences": (other, tested)}}),
    )

    assert list(gaps.collapsed(found)) == [
        "Collapsed runs: M on A 1 % (1/3) and N on B (2/3; McNemar p 0.25 against M)."
    ]
    (bare,) = gaps.collapsed(replace(found, baselines=()))
    assert bare.endswith("and N on B (2/3).")


def test_a_verdict_that_rests_on_collapsed_runs_is_named():
    rests = replace(Difference("M", 0.1, (0.0, 0.2), 3), only_collapsed=True)
    found = board(("M", {}), ("N", {"a": {"differences": (rests,)}}))

    assert list(gaps.collapsed(found)) == [
        "Without the collapsed runs no interval excludes 0: N against M on A 1 %."
    ]


LOW = {"floor": True}


def test_up_to_two_groups_at_the_floor_are_named_and_of_more_the_counts():
    two = board(("M", {"a": LOW, "b": LOW}), ("N", {"a": LOW}), ("O", {}))
    every = board(("M", {"a": LOW}), ("N", {"a": LOW}))
    three = board(("M", {"a": LOW, "b": LOW}), ("N", {"a": LOW}), ("O", {"average": LOW}))
    begin = "Not significantly better than the majority class: "

    assert list(gaps.at_the_floor(two)) == [f"{begin}M and N on A 1 %; M on B."]
    assert list(gaps.at_the_floor(every)) == [f"{begin}every method on A 1 %."]
    assert list(gaps.at_the_floor(three)) == [f"{begin}4 scores on A 1 %, B and average."]
    assert list(gaps.at_the_floor(board(("M", {})))) == []
    assert gaps.floor_places(board(("M", {"a": LOW, "b": LOW}))) == ["M on A 1 % and B"]


@pytest.mark.parametrize(
    ("means", "changes", "reached"),
    [
        ([0.995, 1.0], {}, True),
        ([0.995, 0.99], {}, False),
        ([1.0, None, 0.996], {}, True),
        ([1.0, None], {}, False),
        ([1.0, 1.0], {"percent": False}, False),
        ([1.0, 1.0], {"error": True}, False),
    ],
)
def test_a_column_is_saturated_where_two_methods_or_more_reach_the_top(means, changes, reached):
    columns = (replace(COLUMNS[1], **changes),)
    rows = [(f"M{at}", {"b": {"mean": mean}}) for at, mean in enumerate(means)]

    assert gaps.saturated_columns(board(*rows, columns=columns)) == ["B"] * reached


def test_numbers_that_are_reported_elsewhere_are_said_to_be_never_tested():
    ours = board(("M", {}))

    assert list(gaps.elsewhere(ours)) == []
    assert len(list(gaps.elsewhere(replace(ours, published=ours.rows)))) == 1
