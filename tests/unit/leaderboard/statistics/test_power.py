"""Properties of the minimum detectable effect, against closed forms and statsmodels."""

from statistics import NormalDist

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from metabench.leaderboard.statistics.comparison import compare_family
from metabench.leaderboard.statistics.power import (
    detectable_effect,
    pairs_to_detect,
)


@pytest.mark.parametrize(("n", "alpha", "tests"), [(6, 0.05, 1), (8, 0.05, 4), (7, 0.05, 2)])
def test_where_only_unanimous_signs_reach_alpha_it_is_that_of_n_signs_that_agree(n, alpha, tests):
    # Only the two patterns in which every sign agrees are as extreme: p = 2 / 2^n, and one
    # pattern more would be above alpha / tests. P(all n positive) = Phi(effect)^n.
    assert 2 / 2**n <= alpha / tests < 4 / 2**n
    expected = NormalDist().inv_cdf(0.8 ** (1 / n))

    assert detectable_effect(n, alpha, tests) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("n", [11, 20, 100])
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_of_many_pairs_it_is_what_statsmodels_finds_at_the_attained_level(n, alpha):
    level = int(alpha * 2 ** (n - 1)) / 2 ** (n - 1)
    power = TTestPower().power(detectable_effect(n, alpha), n, level)

    assert power == pytest.approx(0.8, abs=2e-3)


@pytest.mark.parametrize(("n", "tests"), [(8, 1), (8, 4), (10, 4), (14, 4)])
def test_an_effect_of_that_size_gets_its_verdict_four_times_in_five(n, tests):
    effect = detectable_effect(n, 0.05, tests)
    draws = np.random.default_rng(n).normal(effect, 1.0, (1500, n))
    found = [
        compare_family({"a": values.tolist()}, baseline="", tests=tests, alpha=0.05)["a"].verdict
        for values in draws
    ]

    # 1,500 experiments have a standard error of 0.0103; 0.035 is more than three of them.
    assert np.mean([verdict == "better" for verdict in found]) == pytest.approx(0.8, abs=0.035)


@pytest.mark.parametrize(("n", "tests"), [(5, 1), (7, 4), (2, 1), (1, 1)])
def test_where_alpha_cannot_be_reached_nothing_is_detectable(n, tests):
    assert detectable_effect(n, 0.05, tests) is None


def test_it_grows_with_the_spread():
    values = [0.01 * k for k in range(1, 10)]
    family = {"a": values, "b": [2 * value for value in values]}
    found = compare_family(family, baseline="", tests=2, alpha=0.05)

    assert found["a"].detectable == pytest.approx(
        detectable_effect(9, 0.05, 2) * np.std(values, ddof=1)
    )
    assert found["b"].detectable == pytest.approx(2 * found["a"].detectable)


def test_it_shrinks_with_the_pairs():
    sizes = [detectable_effect(n, 0.05, 4) for n in (8, 9, 10, 12, 20, 50)]
    assert sizes == sorted(sizes, reverse=True)


def test_the_pairs_that_it_asks_for_detect_the_effect_and_one_less_does_not():
    n = pairs_to_detect(1.0, alpha=0.05, tests=4)

    assert detectable_effect(n, 0.05, 4) <= 1.0
    assert detectable_effect(n - 1, 0.05, 4) > 1.0
    assert pairs_to_detect(0.001, alpha=0.05) is None
