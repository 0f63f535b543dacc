"""Laws of the statistics, against scipy and closed forms."""

import math
import statistics

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_rel

from metabench.leaderboard.statistics.summary import (
    average_tasks,
    paired_t_p,
    paired_values,
    student_interval,
    summarise,
)
from metabench.results.collect import seed_means

SETTINGS = settings(max_examples=60, deadline=None)
scores = st.lists(st.floats(-1, 1), min_size=3, max_size=10)


@SETTINGS
@given(scores, st.sampled_from([0.01, 0.05, 0.1]))
def test_the_interval_is_that_of_scipy(values, alpha):
    assume(statistics.stdev(values) > 1e-6)  # scipy warns where nothing varies

    expected = ttest_1samp(values, 0).confidence_interval(1 - alpha)

    assert student_interval(values, alpha=alpha) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@SETTINGS
@given(scores, st.integers(3, 8))
def test_the_interval_of_paired_differences_is_that_of_scipy(first, n):
    ours = dict(enumerate(first[:n]))
    theirs = {seed: 0.3 * value + 0.1 * (seed % 3) for seed, value in ours.items()}
    assume(statistics.stdev(ours[seed] - theirs[seed] for seed in ours) > 1e-6)

    found = ttest_rel(list(ours.values()), list(theirs.values())).confidence_interval(0.95)

    interval = student_interval(paired_values(ours, theirs), alpha=0.05)
    assert interval == pytest.approx(found, abs=1e-10)


def test_the_interval_of_three_values_is_known_in_closed_form():
    # With two degrees of freedom the quantile of t at q is (2q - 1) / sqrt(2 q (1 - q)).
    quantile = (2 * 0.975 - 1) / math.sqrt(2 * 0.975 * 0.025)
    low, high = student_interval([0.0, 1.0, 2.0], alpha=0.05)

    assert (low, high) == pytest.approx((1 - quantile / 3**0.5, 1 + quantile / 3**0.5))


@pytest.mark.parametrize("values", [[0.5], [0.0, 2.0], [0.3] * 5, [0.1 + 0.2, 0.3, 0.3]])
def test_below_three_values_and_without_spread_there_is_no_interval(values):
    assert student_interval(values, alpha=0.05) is None


@SETTINGS
@given(scores)
def test_the_p_value_of_the_paired_t_test_is_that_of_scipy(values):
    assume(statistics.stdev(values) > 1e-6)

    expected = ttest_1samp(values, 0).pvalue

    assert paired_t_p(values) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_differences_of_zero_have_the_p_value_one_and_equal_ones_have_none():
    assert paired_t_p([0.0, 0.0, 0.0]) == 1.0
    assert paired_t_p([0.2, 0.2, 0.2]) is None
    assert paired_t_p([0.0, 0.0]) is None


def test_one_value_has_no_deviation():
    assert summarise([0.5]).deviation is None
    assert summarise([]) is None


@SETTINGS
@given(scores)
def test_mean_and_deviation_are_those_of_the_standard_library(values):
    summary = summarise(values)

    assert summary.n == len(values)
    assert summary.mean == pytest.approx(statistics.fmean(values), abs=1e-15)
    assert summary.deviation == pytest.approx(statistics.stdev(values), abs=1e-12)


def test_finetuning_seeds_are_averaged_and_never_count_as_n():
    found = {(0, 0): 0.5, (0, 1): 0.7, (1, 0): 0.2, (1, 1): 0.4}

    assert seed_means(found, found.keys()) == pytest.approx({0: 0.6, 1: 0.3})


def test_a_meta_seed_without_all_of_its_scores_has_no_mean():
    planned = [(0, 0), (0, 1), (1, 0), (1, 1)]

    assert seed_means({(0, 0): 0.5, (1, 0): 0.2, (1, 1): 0.4}, planned) == {1: pytest.approx(0.3)}


def test_differences_pair_by_seed_and_ignore_what_only_one_has():
    ours, theirs = {0: 0.5, 1: 0.6, 7: 0.9}, {1: 0.4, 0: 0.45, 8: 0.0}

    assert paired_values(ours, theirs) == pytest.approx([0.05, 0.2])


def test_pairing_takes_out_what_seeds_have_in_common():
    luck = [0.0, 0.3, -0.2, 0.1]
    ours = {seed: 0.6 + value for seed, value in enumerate(luck)}
    theirs = {seed: 0.5 + value for seed, value in enumerate(luck)}

    theirs[3] -= 0.004

    low, high = student_interval(paired_values(ours, theirs), alpha=0.05)

    assert high - low < 0.01 < max(luck) - min(luck)


def test_without_a_shared_seed_there_is_no_difference():
    assert paired_values({0: 0.5}, {1: 0.5}) == []


@SETTINGS
@given(scores, scores)
def test_a_difference_is_the_other_one_turned_round(first, second):
    ours, theirs = dict(enumerate(first)), dict(enumerate(second))
    assume(statistics.stdev(ours[seed] - theirs[seed] for seed in ours.keys() & theirs) > 1e-6)
    there = student_interval(paired_values(ours, theirs), alpha=0.05)
    back = student_interval(paired_values(theirs, ours), alpha=0.05)

    assert there == pytest.approx((-back[1], -back[0]))


def test_the_average_is_over_tasks_for_seeds_that_every_task_has():
    assert average_tasks([{0: 0.5, 1: 0.6}, {0: 0.7}]) == {0: pytest.approx(0.6)}
    assert average_tasks([{0: 0.5}, {}]) == {}
    assert average_tasks([]) == {}
