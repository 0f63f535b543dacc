"""Budgets round up."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.api import AlgorithmOptions, EpisodeShape
from metabench.plan.steps import adapt_steps, meta_budget
from metabench.spec.model.sections import FineTuneSpec, MetaSpec


class Episodes(AlgorithmOptions):
    """Options of an algorithm with so many batches an episode, of second order or not."""

    def __init__(self, support, query, curvature=None):
        super().__init__()
        self._shape, self._curvature = EpisodeShape(support, query), curvature

    def episode_shape(self):
        return self._shape

    def uses_curvature(self):
        return self._curvature


def test_five_epochs_are_the_default():
    settings = MetaSpec(tasks_per_step=8, batch_size=32)

    assert meta_budget(settings, [64_000], Episodes(4, 1)) == (250, 50)
    assert meta_budget(settings, [64_001], Episodes(4, 1)) == (251, 51)


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=8),
    st.integers(1, 8),
    st.integers(1, 64),
    st.integers(1, 10),
    st.integers(1, 9),
)
def test_steps_are_the_fewest_that_draw_as_many_examples(sizes, tasks, batch, batches, epochs):
    settings = MetaSpec(tasks_per_step=tasks, batch_size=batch, epochs=float(epochs))
    steps, epoch_steps = meta_budget(settings, sizes, Episodes(batches - 1, 1))

    asked, a_step = epochs * sum(sizes), tasks * batch * batches
    assert steps * a_step >= asked > (steps - 1) * a_step
    assert 1 <= epoch_steps <= steps
    assert epoch_steps >= Fraction(steps, epochs)


@pytest.mark.parametrize(
    ("budget", "joint", "fomaml", "maml"),
    [("examples", 400, 100, 100), ("updates", 400, 400, 400), ("gradients", 400, 100, 40)],
)
def test_a_budget_gives_every_method_equally_much(budget, joint, fomaml, maml):
    """Of 12,800 drawn rows in batches of 16, two episodes a step, the inner loop takes 3 steps.

    An episode of MAML computes 4 gradients and 3 products, each for two gradients.
    """
    settings = MetaSpec(tasks_per_step=2, batch_size=16, epochs=1.0, budget=budget)
    methods = [Episodes(0, 1), Episodes(3, 1), Episodes(3, 1, "exact")]

    assert [meta_budget(settings, [12_800], each)[0] for each in methods] == [joint, fomaml, maml]


class Features(Episodes):
    """Those of an algorithm that goes through features too, as often as it takes gradients."""

    def episode_cost(self, total_steps):
        cost = super().episode_cost(total_steps)
        return replace(cost, features=cost.gradients)


@pytest.mark.parametrize(
    ("options", "steps"), [(Features(3, 1), 50), (Episodes(0, 0), 400), (Features(0, 0), 400)]
)
def test_passes_through_features_count_as_gradients_and_no_episode_is_free(options, steps):
    settings = MetaSpec(tasks_per_step=2, batch_size=16, epochs=1.0, budget="gradients")

    assert meta_budget(settings, [12_800], options)[0] == steps


def test_an_epoch_is_never_longer_than_the_run_and_at_least_a_step():
    settings = MetaSpec(tasks_per_step=2, batch_size=16, steps=10)

    assert meta_budget(settings, [100, 60], Episodes(4, 1)) == (10, 1)
    assert meta_budget(settings, [12_800], Episodes(4, 1)) == (10, 10)
    assert meta_budget(settings, [160, 161], Episodes(4, 1)) == (10, 3)


def test_a_budget_of_updates_needs_epochs():
    with pytest.raises(ValueError, match="budget 'updates' needs epochs, and steps are given"):
        MetaSpec(steps=10, budget="updates")


@pytest.mark.parametrize(
    ("settings", "rows", "steps"),
    [
        (FineTuneSpec(epochs=3.0, batch_size=32), 3668, 345),
        (FineTuneSpec(epochs=3.0, batch_size=32), 24, 3),
        (FineTuneSpec(epochs=3.0, batch_size=32), 40, 6),
        (FineTuneSpec(epochs=3.0, batch_size=32, min_steps=50), 24, 50),
        (FineTuneSpec(epochs=0.01, batch_size=32), 1, 1),
    ],
)
def test_fine_tuning_passes_over_its_rows(settings, rows, steps):
    assert adapt_steps(settings, rows) == steps
