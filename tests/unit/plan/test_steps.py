"""Budgets round up."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.plan.steps import adapt_steps, meta_budget
from metabench.spec.model.sections import FineTuneSpec, MetaSpec


def test_five_epochs_are_the_default():
    settings = MetaSpec(tasks_per_step=8, batch_size=32)

    assert meta_budget(settings, [64_000], batches=5) == (250, 50)
    assert meta_budget(settings, [64_001], batches=5) == (251, 51)


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=8),
    st.integers(1, 8),
    st.integers(1, 64),
    st.integers(1, 10),
    st.integers(1, 9),
)
def test_steps_are_the_fewest_that_draw_as_many_examples(sizes, tasks, batch, batches, epochs):
    settings = MetaSpec(tasks_per_step=tasks, batch_size=batch, epochs=float(epochs))
    steps, epoch_steps = meta_budget(settings, sizes, batches=batches)

    asked, a_step = epochs * sum(sizes), tasks * batch * batches
    assert steps * a_step >= asked > (steps - 1) * a_step
    assert 1 <= epoch_steps <= steps
    assert epoch_steps >= Fraction(steps, epochs)


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
