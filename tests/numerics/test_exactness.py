"""A cell whose second derivatives are wrong does not begin."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from metabench.engine.exactness import Exactness, _first_rows
from metabench.errors import CurvatureError
from metabench.nn.curvature import _STEP as STEPS
from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.testing import tiny_episode, tiny_learner

STREAM = Stream.root(31)


def episode():
    return tiny_episode("two", STREAM, support=2, query=1)


@pytest.mark.parametrize("way", ["exact", "central", "forward"])
@pytest.mark.parametrize("packed", [True, False])
def test_right_ones_pass(way, packed):
    learner = tiny_learner(curvature=Curvature(way), packed=packed)

    Exactness(learner).check(learner.theta(STREAM), episode())

    assert not learner.losses
    assert learner.counter.gradients == learner.counter.hvps == 0


@pytest.mark.parametrize("way", ["central", "forward"])
def test_differences_in_half_precision_are_refused_for_what_they_are(way):
    learner = tiny_learner(curvature=Curvature(way), dtype=torch.bfloat16)

    with pytest.raises(
        CurvatureError, match=f"{way} second derivatives are off by .* two examples"
    ):
        Exactness(learner).check(learner.theta(STREAM), episode())


@pytest.mark.parametrize("way", ["central", "forward"])
def test_differences_that_are_off_by_a_percent_are_refused_and_by_less_are_not(way, monkeypatch):
    """Of longer steps along the vector, what a difference neglects is larger."""
    learner = tiny_learner(curvature=Curvature(way))
    theta = learner.theta(STREAM)
    found = {}
    for step in (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2):
        monkeypatch.setitem(STEPS, way, step)
        error = (
            Exactness(learner)
            ._error(theta, replace(_first_rows(episode().support[0]), dropout_seed=None), exact())
            .item()
        )
        try:
            Exactness(learner).check(theta, episode())
            found[error] = "passes"
        except CurvatureError:
            found[error] = "refused"

    assert {error: "passes" if error <= 5e-3 else "refused" for error in found} == found
    assert (
        {5e-4 < error < 5e-3 for error in found}
        == {5e-3 < error < 0.5 for error in found}
        == ({True, False})
    )


def exact():
    return tiny_learner(packed=False)


def test_exact_ones_in_half_precision_are_refused_too():
    learner = tiny_learner(dtype=torch.bfloat16)

    with pytest.raises(CurvatureError, match="exact second derivatives are off by"):
        Exactness(learner).check(learner.theta(STREAM), episode())


def test_products_that_are_zero_as_they_should_be_are_right():
    """Where the loss is at its minimum, the gradient is 0, and so is the product with it."""
    learner = tiny_learner()
    batch = tiny_episode("number", STREAM, support=1, query=1).support[0]
    fitted = replace(batch, labels=torch.zeros_like(batch.labels), dropout_seed=None)
    theta = torch.zeros_like(learner.theta(STREAM))

    assert Exactness(learner)._error(theta, fitted, None).item() == 0.0


def test_a_learner_without_curvature_has_nothing_to_check():
    learner = tiny_learner(curvature=None)

    Exactness(learner).check(learner.theta(STREAM), episode())


def test_the_error_of_differences_is_sampled_every_fifty_steps():
    learner = tiny_learner(curvature=Curvature("forward"))
    theta = learner.theta(STREAM)
    check = Exactness(learner)

    assert not check.sample(49, theta, episode())
    assert 0 < check.sample(50, theta, episode())["curvature_error"].item() < 1e-3
    assert check.sample(50, theta, replace(episode(), support=episode().support[:1]))
    assert not Exactness(tiny_learner()).sample(50, theta, episode())
