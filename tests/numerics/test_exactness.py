"""A cell whose second derivatives are wrong does not begin."""

from __future__ import annotations

import pytest
import torch

from metabench.engine.exactness import Exactness
from metabench.errors import CurvatureError
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

    with pytest.raises(CurvatureError, match=f"{way} second derivatives are off by .* two rows"):
        Exactness(learner).check(learner.theta(STREAM), episode())


def test_exact_ones_in_half_precision_are_refused_too():
    learner = tiny_learner(dtype=torch.bfloat16)

    with pytest.raises(CurvatureError, match="exact second derivatives are off by"):
        Exactness(learner).check(learner.theta(STREAM), episode())


def test_a_learner_without_curvature_has_nothing_to_check():
    learner = tiny_learner(curvature=None)

    Exactness(learner).check(learner.theta(STREAM), episode())


def test_the_error_of_differences_is_sampled_every_fifty_steps():
    learner = tiny_learner(curvature=Curvature("forward"))
    theta = learner.theta(STREAM)
    check = Exactness(learner)

    assert not check.sample(49, theta, episode())
    assert 0 < check.sample(50, theta, episode())["curvature_error"].item() < 1e-3
    assert not Exactness(tiny_learner()).sample(50, theta, episode())
