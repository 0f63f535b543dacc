"""Variance components of a pilot, and the width that a design is expected to have."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from metabench.leaderboard.statistics.crossed import crossed_half_width
from metabench.leaderboard.statistics.design import Components, components, mean_components
from metabench.leaderboard.statistics.summary import student_interval
from metabench.seeding import Stream

SEED, DRAW, BOTH, EXAMPLE, REST = 0.02, 0.04, 0.03, 0.3, 0.2
PILOTS = 300


def experiment(draw, seeds, draws, examples):
    """Return values [seeds, draws, examples] with those standard deviations."""
    return (
        draw.normal(0, SEED, (seeds, 1, 1))
        + draw.normal(0, DRAW, (1, draws, 1))
        + draw.normal(0, BOTH, (seeds, draws, 1))
        + draw.normal(0, EXAMPLE, (1, 1, examples))
        + draw.normal(0, REST, (seeds, draws, examples))
    )


def test_components_are_unbiased_where_none_is_cut_at_0():
    draw = Stream.root(5).numpy()
    found = [components([experiment(draw, 6, 8, 50)]) for _ in range(PILOTS)]
    rest = BOTH**2 + REST**2 / 50

    assert np.mean([one.seeds for one in found]) == pytest.approx(SEED**2, rel=0.15)
    assert np.mean([one.draws for one in found]) == pytest.approx(DRAW**2, rel=0.15)
    assert np.mean([one.both for one in found]) == pytest.approx(rest, rel=0.05)
    assert np.mean([one.examples for one in found]) == pytest.approx(EXAMPLE**2 / 50, rel=0.05)


@pytest.mark.parametrize(("seeds", "draws"), [(10, 10), (4, 30)])
def test_the_next_run_is_as_wide_as_its_pilot_said(seeds, draws):
    stream = Stream.root(6).numpy()
    said = mean_components([components([experiment(stream, 8, 8, 200)]) for _ in range(40)])
    runs = [components([experiment(stream, seeds, draws, 200)]) for _ in range(60)]
    seen = [one.half_width(seeds, draws, alpha=0.05) for one in runs]

    assert said.half_width(seeds, draws, alpha=0.05) == pytest.approx(np.mean(seen), rel=0.15)


def test_the_interval_of_seeds_is_that_of_student():
    values = experiment(Stream.root(7).numpy(), 5, 4, 30)
    found = components([values])
    low, high = student_interval(values.mean(axis=(1, 2)).tolist(), alpha=0.1)

    assert found.seeds > 0
    assert found.seed_half_width(5, 4, alpha=0.1) == pytest.approx((high - low) / 2)


def test_without_draws_the_interval_is_the_crossed_one():
    values = experiment(Stream.root(8).numpy(), 5, 1, 30)
    found = components([values])

    assert (found.draws, found.both) == (0.0, 0.0)
    assert found.half_width(5, 1, alpha=0.05) == pytest.approx(
        crossed_half_width([values[:, 0]], alpha=0.05)
    )


def test_a_detectable_difference_is_that_of_cohen():
    parts = Components(seeds=0.04, draws=0.0, both=0.0, examples=0.0, count=10)

    assert parts.detectable(16, 1, alpha=0.05) == pytest.approx(
        (t.ppf(0.975, 15) + norm.ppf(0.8)) * 0.2 / 4
    )
    assert parts.half_width(16, 1, alpha=0.05) == pytest.approx(t.ppf(0.975, 15) * 0.2 / 4)


def test_examples_set_a_width_that_no_number_of_seeds_goes_below():
    parts = Components(seeds=0.04, draws=0.0, both=0.0, examples=1e-4, count=101)

    assert parts.least(alpha=0.05) == pytest.approx(t.ppf(0.975, 100) * 0.01)
    assert parts.half_width(10**7, 1, alpha=0.05) == pytest.approx(
        parts.least(alpha=0.05), rel=1e-3
    )


def test_two_seeds_have_no_width_and_no_spread_has_none():
    parts = Components(seeds=0.04, draws=0.0, both=0.0, examples=0.0, count=10)
    same = Components(seeds=0.0, draws=0.0, both=0.0, examples=0.0, count=10)

    assert parts.half_width(2, 1, alpha=0.05) == math.inf
    assert same.half_width(5, 1, alpha=0.05) == 0.0
