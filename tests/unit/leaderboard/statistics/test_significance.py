"""Laws of sign flips and of Holm's adjustment, against enumeration, scipy and statsmodels."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, permutation_test
from statsmodels.stats.multitest import multipletests

from metabench.leaderboard.statistics.significance import (
    holm,
    mcnemar_p,
    pairs_needed,
    reaches,
    sign_flip_p,
)
from metabench.seeding import Stream

SETTINGS = settings(max_examples=60, deadline=None)
steps = st.lists(st.integers(-6, 6), min_size=1, max_size=9)


def draw(*name):
    return Stream.root(0).child("test", *name).numpy()


def enumerated(values):
    """Return p by going through every pattern, in exact arithmetic."""
    seen = abs(sum(values))
    sums = [abs(sum(s * v for s, v in zip(signs, values, strict=True)))
            for signs in product((-1, 1), repeat=len(values))]  # fmt: skip
    return sum(each >= seen for each in sums) / len(sums)


@SETTINGS
@given(steps)
def test_p_is_the_share_of_all_patterns_that_are_as_far_from_zero(values):
    assert sign_flip_p(values) == enumerated(values)


@SETTINGS
@given(steps)
def test_rounding_breaks_no_tie(values):
    scores = [value / 277 for value in values]
    shifted = [(0.61 + score) - 0.61 for score in scores]

    assert sign_flip_p(scores) == sign_flip_p(shifted) == enumerated(map_exact(values))


def map_exact(values):
    return [Fraction(value, 277) for value in values]


@pytest.mark.parametrize("n", [2, 5, 9, 12])
def test_p_is_that_of_scipy(n):
    for repeat in range(5):
        values = draw("scipy", n, repeat).normal(0.3, 1.0, n)
        expected = permutation_test(
            (values,), np.sum, permutation_type="samples", n_resamples=np.inf, axis=0
        )

        assert sign_flip_p(list(values)) == pytest.approx(expected.pvalue, abs=1e-10)


@SETTINGS
@given(steps)
def test_a_difference_of_zero_changes_nothing(values):
    assert sign_flip_p([*values, 0, 0]) == sign_flip_p(values)


@SETTINGS
@given(steps)
def test_p_does_not_depend_on_the_direction_or_the_order_or_the_unit(values):
    p = sign_flip_p(values)

    assert sign_flip_p([-value for value in reversed(values)]) == p
    assert sign_flip_p([100.0 * value for value in values]) == p


@pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0, 0.0], [0.3, -0.3], [1e-17, 1e-17, 1e-17]])
def test_where_nothing_differs_p_is_one(values):
    assert sign_flip_p(values) == 1.0


@pytest.mark.parametrize("n", [1, 6, 21, 32])
def test_equal_differences_have_the_smallest_p_that_so_many_pairs_can_have(n):
    assert sign_flip_p([0.01] * n) == 2.0 ** (1 - n)


def test_at_thirty_pairs_p_is_exact_still():
    # k of 30 equal differences point the other way: a binomial tail, known in closed form.
    values = [0.02] * 22 + [-0.02] * 8

    assert sign_flip_p(values) == pytest.approx(2 * binom.cdf(8, 30, 0.5), rel=1e-12)


def test_beyond_thirty_two_pairs_p_is_drawn_the_same_way_every_time():
    values = [0.02] * 37 + [-0.02] * 23
    p = sign_flip_p(values)

    assert p == sign_flip_p(values)
    assert p == pytest.approx(2 * binom.cdf(23, 60, 0.5), abs=0.004)
    assert sign_flip_p([0.01] * 60) == 1 / 100_000


@SETTINGS
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(values):
    _, expected, _, _ = multipletests(values, method="holm")

    assert holm(values) == pytest.approx(tuple(expected), abs=1e-10)


@SETTINGS
@given(st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_a_test_that_could_not_be_made_counts_as_one_that_found_nothing(values):
    padded = [*values, *([1.0] * (6 - len(values)))]

    assert holm(values, tests=6) == holm(padded)[: len(values)]


def test_no_tests_are_no_trouble():
    assert holm([]) == ()


@pytest.mark.parametrize(
    ("tests", "alpha", "needed"), [(1, 0.05, 6), (4, 0.05, 8), (4, 0.01, 10), (1, 0.5, 2)]
)
def test_the_seeds_needed_are_the_fewest_that_reach_alpha(tests, alpha, needed):
    assert pairs_needed(alpha=alpha, tests=tests) == needed
    assert tests * Fraction(1, 2 ** (needed - 1)) <= Fraction(str(alpha))
    assert tests * Fraction(1, 2 ** (needed - 2)) > Fraction(str(alpha))
    assert reaches(needed, alpha=alpha, tests=tests)


@pytest.mark.parametrize(("ours", "theirs"), [(0, 0), (1, 0), (3, 0), (5, 1), (2, 2), (0, 9)])
def test_mcnemars_test_is_that_of_statsmodels(ours, theirs):
    from statsmodels.stats.contingency_tables import mcnemar

    expected = mcnemar([[4, ours], [theirs, 3]], exact=True).pvalue
    assert mcnemar_p(ours, theirs) == pytest.approx(expected)
