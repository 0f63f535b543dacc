"""Laws of the detectable difference, against statsmodels."""

import pytest
from statsmodels.stats.power import TTestPower

from metabench.leaderboard.statistics.power import detectable_difference, detectable_effect


@pytest.mark.parametrize("n", [2, 3, 5, 8, 10, 20, 100])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_its_power_after_statsmodels_is_four_in_five(n, alpha):
    assert TTestPower().power(detectable_effect(n, alpha), n, alpha) == pytest.approx(
        0.8, abs=1e-10
    )


def test_it_is_the_effect_that_statsmodels_solves_for():
    expected = TTestPower().solve_power(nobs=20, alpha=0.05, power=0.8)

    # statsmodels stops at a root that is good to about 1e-9.
    assert detectable_effect(20, 0.05) == pytest.approx(expected, abs=1e-8)


def test_it_grows_with_the_spread_and_shrinks_with_the_pairs():
    assert detectable_difference(0.04, n=5, alpha=0.05) == pytest.approx(
        2 * detectable_difference(0.02, n=5, alpha=0.05)
    )
    assert detectable_effect(10, 0.05) < detectable_effect(5, 0.05)


def test_without_a_spread_everything_is_found_and_one_pair_says_nothing():
    assert detectable_difference(0.0, n=5, alpha=0.05) == 0.0
    assert detectable_difference(0.1, n=1, alpha=0.05) is None
