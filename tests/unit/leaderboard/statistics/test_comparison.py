"""Laws of families of comparisons and of tie groups."""

import math

import pytest

from metabench.leaderboard.statistics.comparison import (
    compare_family,
    improvement,
    pairs_of_rows,
    tie_group,
)

ALPHA = 0.05


def test_four_columns_of_eight_pairs_that_all_point_one_way_are_decided():
    up, down = [0.01 * k for k in range(1, 9)], [-0.01] * 8
    found = compare_family({"a": up, "b": up, "c": down, "d": up}, tests=4, alpha=ALPHA)

    # Each p is 2 / 2^8; Holm multiplies the smallest by 4.
    assert {item.p for item in found.values()} == {4 / 128}
    assert [found[name].verdict for name in "abcd"] == ["better", "better", "worse", "better"]


def test_seven_pairs_cannot_reach_alpha_over_four_columns_and_have_no_p():
    found = compare_family({"a": [0.01] * 7}, tests=4, alpha=ALPHA)["a"]

    assert (found.p, found.verdict, found.n) == (None, "undecided", 7)
    assert compare_family({"a": [0.01] * 7}, tests=3, alpha=ALPHA)["a"].p == 3 / 64


def test_a_column_with_too_few_pairs_takes_nothing_from_the_others():
    family = {"a": [0.01] * 8, "b": [0.01, 0.02]}
    found = compare_family(family, tests=4, alpha=ALPHA)

    assert (found["a"].verdict, found["b"].verdict) == ("better", "undecided")
    assert found["a"].p == compare_family({"a": family["a"]}, tests=4, alpha=ALPHA)["a"].p


def test_leaving_columns_out_does_not_make_p_smaller():
    values = [0.01] * 7 + [-0.001]
    alone = compare_family({"a": values}, tests=4, alpha=ALPHA)["a"]
    among = compare_family({"a": values, "b": [0.1, -0.1] * 4}, tests=4, alpha=ALPHA)["a"]

    assert alone.p == among.p


def test_one_pair_has_a_mean_and_nothing_else():
    found = compare_family({"a": [0.02]}, tests=1, alpha=ALPHA)["a"]

    assert (found.mean, found.n, found.improvement) == (0.02, 1, 1.0)
    assert (found.interval, found.p, found.detectable) == (None, None, None)


def test_equal_differences_are_no_trouble():
    found = compare_family({"a": [0.25] * 8}, tests=1, alpha=ALPHA)["a"]

    assert (found.mean, found.interval, found.detectable) == (0.25, (0.25, 0.25), 0.0)
    assert found.verdict == "better"


def test_no_difference_at_all_is_undecided():
    found = compare_family({"a": [0.0] * 10}, tests=1, alpha=ALPHA)["a"]

    assert (found.p, found.verdict, found.improvement) == (1.0, "undecided", 0.5)


def test_a_column_without_pairs_is_not_compared():
    assert compare_family({}, tests=4, alpha=ALPHA) == {}


def test_an_equal_pair_counts_half_an_improvement():
    assert improvement([0.1, -0.1, 0.0, 0.2]) == 2.5 / 4
    assert improvement([(0.1 + 0.2) - 0.3]) == 0.5


def rows(**values):
    return {name: dict(enumerate(numbers)) for name, numbers in values.items()}


def test_of_two_rows_that_differ_in_every_seed_only_the_better_is_best():
    seeds = range(6)
    found = rows(a=[0.7 + 0.01 * k for k in seeds], b=[0.5 + 0.011 * k for k in seeds])

    assert tie_group(found, alpha=ALPHA) == {"a"}


def test_a_row_that_is_better_in_some_seeds_is_in_the_group():
    found = rows(a=[0.70, 0.71, 0.72, 0.70, 0.71, 0.70], b=[0.69, 0.72, 0.69, 0.71, 0.70, 0.69])

    assert tie_group(found, alpha=ALPHA) == {"a", "b"}


def test_where_seeds_are_few_the_interval_of_one_minus_alpha_over_all_pairs_decides():
    # Three rows have three pairs. With two degrees of freedom Student's quantile is known in closed
    # form; the differences have the deviation 0.01.
    share = 1 - ALPHA / 3 / 2
    quantile = (2 * share - 1) / math.sqrt(2 * share * (1 - share))
    mean = quantile * 0.01 / math.sqrt(3)

    for shift, expected in [(1.01, {"a", "c"}), (0.99, {"a", "b", "c"})]:
        best = [0.5 + mean * shift + d for d in (-0.01, 0.0, 0.01)]
        found = rows(a=best, b=[0.5, 0.5, 0.5], c=[best[0] - 0.0001, *best[1:]])
        assert tie_group(found, alpha=ALPHA) == expected


def test_more_rows_make_it_harder_to_be_told_apart():
    # One of eight differences points back and is the smallest: p = 4 / 256, which three pairs of
    # rows leave below 0.05 and six do not.
    best = [0.7 + 0.001 * seed for seed in range(8)]
    other = [best[0] + 0.001, *(score - 0.1 for score in best[1:])]
    three = rows(a=best, b=other, c=best)
    four = three | rows(d=best)

    assert (pairs_of_rows(3), pairs_of_rows(4)) == (3, 6)
    assert tie_group(three, alpha=ALPHA) == {"a", "c"}
    assert tie_group(four, alpha=ALPHA) == {"a", "b", "c", "d"}


def test_one_seed_marks_nothing():
    assert tie_group(rows(a=[0.9], b=[0.1]), alpha=ALPHA) == frozenset()
    assert tie_group({}, alpha=ALPHA) == frozenset()
    assert tie_group({"a": {}}, alpha=ALPHA) == frozenset()


def test_a_row_of_one_lucky_seed_is_not_the_one_that_others_are_measured_by():
    # Matthews' correlation may be negative: a sum over fewer seeds is no smaller.
    found = rows(a=[-0.20, -0.21, -0.22], b=[-0.8, -0.81, -0.82]) | {"lucky": {0: -0.1}}
    group = tie_group(found, alpha=ALPHA)

    assert "a" in group
    assert "b" not in group
    assert "lucky" in group


def test_a_row_that_lost_a_seed_can_leave_others_behind():
    ahead = {seed: 0.7 + 0.001 * seed for seed in range(9)}
    found = {"ahead": ahead, "behind": {seed: 0.6 + 0.002 * seed for seed in range(10)}}

    assert tie_group(found, alpha=ALPHA) == {"ahead"}


def test_a_row_is_left_behind_by_any_row_that_is_told_to_be_above_it():
    # The highest mean wavers too much to be told from the lowest; the one between does not.
    found = rows(
        high=[0.9, 0.5, 0.9, 0.5, 0.9, 0.5, 0.9, 0.5],
        middle=[0.65 + 0.001 * seed for seed in range(8)],
        low=[0.6 + 0.002 * seed for seed in range(8)],
    )

    assert tie_group(found, alpha=ALPHA) == {"high", "middle"}


def test_seeds_that_only_one_row_has_do_not_make_it_best():
    best = {**dict.fromkeys(range(8), 0.5), 8: 0.99, 9: 0.99}
    found = {"a": best, "b": dict.fromkeys(range(8), 0.52)}

    assert tie_group(found, alpha=ALPHA) == {"b"}


def test_a_row_that_shares_no_seed_with_the_best_cannot_be_told_from_it():
    found = {"a": {0: 0.9, 1: 0.91}, "b": {5: 0.1, 6: 0.1}}

    assert tie_group(found, alpha=ALPHA) == {"a", "b"}


def test_a_row_without_a_score_is_in_no_group():
    assert tie_group({"a": {0: 0.5, 1: 0.6}, "b": {}}, alpha=ALPHA) == {"a"}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_rows_that_agree_in_every_seed_are_all_best(count):
    found = {str(row): {0: 0.5, 1: 0.6, 2: 0.4} for row in range(count)}

    assert tie_group(found, alpha=ALPHA) == found.keys()
