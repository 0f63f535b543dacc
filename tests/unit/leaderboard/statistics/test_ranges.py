"""Properties of the studentized range, compared with scipy and statsmodels."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.libqsturng import psturng

from metabench.leaderboard.statistics.ranges import range_p, studentized_range_tail
from metabench.leaderboard.statistics.summary import paired_t_p


@pytest.mark.parametrize("methods", [2, 3, 5, 12, 40])
@pytest.mark.parametrize("freedom", [2, 4, 9, 50])
def test_the_tail_of_the_range_is_that_of_scipy(methods, freedom):
    values = (0.001, 0.05, 0.4, 1.5, 3.0, 4.2, 11.0)
    ours = [studentized_range_tail(value, methods=methods, freedom=freedom) for value in values]

    expected = stats.studentized_range.sf(values, methods, freedom)
    assert ours == pytest.approx(list(expected), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("freedom", [4, 9, 20])
def test_the_tail_of_the_range_is_that_of_statsmodels(freedom):
    ours = studentized_range_tail(4.0, methods=5, freedom=freedom)

    assert ours == pytest.approx(psturng(4.0, 5, freedom).item(), rel=0.01)


@pytest.mark.parametrize("seed", range(10))
def test_of_two_methods_the_range_is_the_paired_t_test(seed):
    values = list(np.random.default_rng(seed).normal(0.5, 1.0, 3 + seed))

    assert range_p(values, methods=2) == pytest.approx(paired_t_p(values), rel=1e-3)


@pytest.mark.parametrize("gap", [1e-9, 1e-4, 0.01, 0.1])
def test_a_difference_that_is_small_beside_its_spread_has_a_p_value_near_1(gap):
    values = [gap - 1.0, gap, gap + 1.0]

    assert range_p(values, methods=2) == pytest.approx(paired_t_p(values), rel=1e-4)
    assert range_p(values, methods=5) > 0.9


def test_the_more_methods_the_larger_the_p_value():
    p = [range_p([0.2, 0.3, 0.5, 0.1], methods=methods) for methods in range(2, 10)]

    assert p == sorted(p)
    assert p[0] < p[-1]


def test_equal_scores_have_a_p_value_of_1_and_a_constant_gap_has_none():
    assert range_p([0.0, 0.0, 0.0], methods=4) == 1.0
    assert range_p([0.2, 0.2, 0.2], methods=4) is None
    assert range_p([0.2, 0.3], methods=4) is None
