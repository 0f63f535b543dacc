"""Differences of several columns in a sentence: their ends in points, or each as it is shown."""

from __future__ import annotations

import pytest

from metabench.api.leaderboard import Difference, LeaderboardColumn
from metabench.leaderboard.conclusion.wording import (
    best_mean,
    detectable_points,
    is_or_are,
    lacks,
    points,
    points_range,
    title,
)


def place(mean, *, percent=True, detectable=None):
    column = LeaderboardColumn("t", "T", "target", "accuracy", percent=percent)
    return column, Difference("BERT", mean, None, 5, detectable=detectable)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([place(0.034), place(-0.012), place(0.02)], "-1.2 to +3.4 points"),
        ([place(0.034), place(0.0341)], "+3.4 points"),
        ([place(0.5, percent=False), place(0.25, percent=False)], "+0.500 and +0.250"),
        ([place(0.034), place(0.25, percent=False)], "+3.4 points and +0.250"),
    ],
)
def test_differences_in_points_are_their_ends_and_others_each_as_shown(places, expected):
    assert points_range(places) == expected


@pytest.mark.parametrize(("percent", "expected"), [(True, "+2.5 points"), (False, "+0.025")])
def test_a_difference_is_in_points_where_percent_are_shown(percent, expected):
    assert points(0.025, place(0.025, percent=percent)[0]) == expected


def test_minimum_effects_are_their_ends_of_columns_in_percent():
    some = [place(0, detectable=0.014), place(0, detectable=0.009), place(0)]

    assert detectable_points(some) == "0.9 to 1.4"
    assert detectable_points(some[:1]) == "1.4"
    assert detectable_points([place(0, percent=False, detectable=3.0), place(0)]) == ""


def test_words_go_with_how_many_there_are_and_with_what_is_better():
    error = LeaderboardColumn("e", "E", "target", "mse", label="0.1 % = 24 rows", error=True)
    score = place(0)[0]

    assert [is_or_are(["a"]), is_or_are(["a", "b"]), lacks(["a"]), lacks(["a", "b"])] == [
        "is", "are", "lacks", "lack",
    ]  # fmt: skip
    assert [best_mean(each) for each in ([score], [error], [score, error])] == [
        "highest mean", "lowest mean", "best mean",
    ]  # fmt: skip
    assert (title(score), title(error)) == ("T", "E 0.1 %")
