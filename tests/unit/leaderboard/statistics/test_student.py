"""Properties of the t and the normal distribution, compared with scipy."""

import numpy as np
import pytest
from scipy import stats

from metabench.leaderboard.statistics.student import noncentral_tail, normal, t_quantile, t_tail

FREEDOMS = (1, 2, 4.7, 9, 10, 30, 284, 5000.5)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_the_tail_is_that_of_scipy(freedom):
    values = (0.0, 1e-9, 1e-3, 0.1, 0.5, 1.0, 1.7, 2.0, 3.2, 5.0, 12.0, 40.0, 700.0)
    ours = [t_tail(value, freedom) for value in values]

    assert ours == pytest.approx(list(stats.t.sf(values, freedom)), rel=1e-8, abs=0)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_the_quantile_is_that_of_scipy(freedom):
    tails = (0.49, 0.25, 0.05, 0.025, 0.005, 0.05 / 80, 1e-4, 1e-6, 1e-9)
    ours = [t_quantile(tail, freedom) for tail in tails]

    assert ours == pytest.approx(list(stats.t.isf(tails, freedom)), rel=1e-10)


@pytest.mark.parametrize("freedom", [2, 5, 9, 30, 199])
@pytest.mark.parametrize("shift", [-3.0, -0.5, 0.0, 1.0, 2.8, 9.0])
def test_the_tail_of_noncentral_t_is_that_of_scipy(freedom, shift):
    values = (0.0, 0.7, 2.0, 2.6, 4.5)
    ours = [noncentral_tail(value, freedom, shift) for value in values]

    assert ours == pytest.approx(list(stats.nct.sf(values, freedom, shift)), abs=2e-5)


def test_the_normal_distribution_is_that_of_scipy():
    values = np.linspace(-12, 12, 997)

    assert normal(values) == pytest.approx(stats.norm.cdf(values), abs=1e-5)
