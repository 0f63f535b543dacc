"""Laws of families of comparisons."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from metabench.leaderboard.statistics import comparison
from metabench.leaderboard.statistics.comparison import improvement

ALPHA = 0.05
compare_family = partial(comparison.compare_family, baseline="BERT")


RISING = [0.01 * k for k in range(1, 9)]


def test_four_columns_of_eight_pairs_that_all_point_one_way_are_decided():
    down = [-value for value in RISING]
    found = compare_family({"a": RISING, "b": RISING, "c": down, "d": RISING}, tests=4, alpha=ALPHA)

    # Each p is 2 / 2^8; Holm multiplies the smallest by 4.
    assert {item.p for item in found.values()} == {4 / 128}
    assert [found[name].verdict for name in "abcd"] == ["better", "better", "worse", "better"]


def test_seven_pairs_cannot_reach_alpha_over_four_columns_and_have_no_p():
    found = compare_family({"a": RISING[:7]}, tests=4, alpha=ALPHA)["a"]

    assert (found.p, found.verdict, found.n) == (None, "undecided", 7)
    assert compare_family({"a": RISING[:7]}, tests=3, alpha=ALPHA)["a"].p == 3 / 64


def test_a_column_with_too_few_pairs_takes_nothing_from_the_others():
    family = {"a": RISING, "b": [0.01, 0.02]}
    found = compare_family(family, tests=4, alpha=ALPHA)

    assert (found["a"].verdict, found["b"].verdict) == ("better", "undecided")
    assert found["a"].p == compare_family({"a": family["a"]}, tests=4, alpha=ALPHA)["a"].p


def test_leaving_columns_out_does_not_make_p_smaller():
    values = [*RISING[:7], -0.001]
    alone = compare_family({"a": values}, tests=4, alpha=ALPHA)["a"]
    among = compare_family({"a": values, "b": [0.1, -0.1] * 4}, tests=4, alpha=ALPHA)["a"]

    assert alone.p == among.p


def test_one_pair_has_a_mean_and_nothing_else():
    found = compare_family({"a": [0.02]}, tests=1, alpha=ALPHA)["a"]

    assert (found.mean, found.n, found.improvement) == (0.02, 1, 1.0)
    assert (found.interval, found.p, found.detectable) == (None, None, None)


def test_without_spread_there_is_no_interval_no_p_value_and_no_verdict():
    found = compare_family({"a": [0.25] * 8, "b": [0.1 + 0.2 - 0.3] * 8}, tests=1, alpha=ALPHA)

    assert found["a"].mean == 0.25
    for name in "ab":
        assert (found[name].interval, found[name].p, found[name].detectable) == (None, None, None)
        assert found[name].verdict == "undecided"


@pytest.mark.parametrize("values", [[0.1], [0.1, 0.2], [0.1, 0.1]])
def test_below_three_pairs_there_is_no_interval_and_no_p_value_at_any_level(values):
    found = compare_family({"a": values}, tests=1, alpha=0.99)["a"]

    assert (found.interval, found.p, found.verdict) == (None, None, "undecided")


def test_where_no_number_of_signs_can_reach_alpha_nothing_is_detectable():
    spread = [0.1, 0.2, 0.3, 0.4, 0.5]

    assert compare_family({"a": spread}, tests=4, alpha=ALPHA)["a"].detectable is None


def test_a_column_without_pairs_is_not_compared():
    assert compare_family({}, tests=4, alpha=ALPHA) == {}


def test_an_equal_pair_counts_half_an_improvement():
    assert improvement([0.1, -0.1, 0.0, 0.2]) == 2.5 / 4
    assert improvement([(0.1 + 0.2) - 0.3]) == 0.5


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_the_probability_of_improvement_is_that_of_scipy(differences):
    """The Mann-Whitney statistic of the differences and a single 0 counts ties half, as here."""
    values = [each / 100 for each in differences]

    assert improvement(values) == pytest.approx(mannwhitneyu(values, [0.0]).statistic / len(values))
