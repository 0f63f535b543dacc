"""The laws of Reptile and of joint training."""

from __future__ import annotations

import pytest
import torch

from metabench.learning import Episode
from metabench.seeding import Stream
from metabench.testing import tiny_episode, tiny_learner
from metabench_algorithms.joint import Joint
from metabench_algorithms.options import JointOptions, ReptileOptions
from metabench_algorithms.reptile import Reptile

STREAM = Stream.root(2018)


def reptile(*, inner_steps, inner_lr=0.1):
    return Reptile(ReptileOptions(inner_steps=inner_steps, inner_lr=inner_lr))


def direction(algorithm, learner, theta, episode):
    return algorithm.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]


def test_with_one_inner_step_reptile_moves_along_the_joint_training_gradient():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    one = tiny_episode("three", STREAM, support=1, query=0)
    same_rows = Episode(
        task="three", support=(), query=one.support, step=0, total_steps=1, stream=one.stream
    )

    found = direction(reptile(inner_steps=1), learner, theta, one)
    joint = direction(Joint(JointOptions()), learner, theta, same_rows)

    assert torch.allclose(found, 0.1 * joint, rtol=0, atol=1e-14)


def test_the_direction_is_the_way_back_from_where_plain_gradient_descent_ends():
    """Gradient descent by torch.optim.SGD on a leaf of its own."""
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    episode = tiny_episode("number", STREAM, support=4, query=0)
    leaf = theta.clone().requires_grad_()
    optimizer = torch.optim.SGD([leaf], lr=0.1)
    for batch in episode.support:
        optimizer.zero_grad()
        learner.loss(leaf, batch).backward()
        optimizer.step()

    found = direction(reptile(inner_steps=4), learner, theta, episode)

    assert torch.allclose(found, theta - leaf.detach(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 3, 5, 7])
@pytest.mark.parametrize("alpha", [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
def test_in_fp32_the_direction_keeps_its_digits_however_short_it_is(alpha, steps):
    """The way back from where SGD ends in float64, from parameters that fp32 holds exactly."""
    exact = tiny_learner(curvature=None)
    learner = tiny_learner(curvature=None, dtype=torch.float32)
    theta = learner.theta(STREAM)
    episode = tiny_episode("three", STREAM, support=steps, query=0)
    leaf = theta.double().requires_grad_()
    optimizer = torch.optim.SGD([leaf], lr=alpha)
    for batch in episode.support:
        optimizer.zero_grad()
        exact.loss(leaf, batch).backward()
        optimizer.step()
    expected = theta.double() - leaf.detach()

    found = direction(reptile(inner_steps=steps, inner_lr=alpha), learner, theta, episode)

    assert ((found.double() - expected).norm() / expected.norm()).item() < 1e-6


def test_heads_of_other_tasks_get_no_direction():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)

    found = direction(
        reptile(inner_steps=2), learner, theta, tiny_episode("two", STREAM, support=2, query=0)
    )

    assert found[learner.layout.head("three")].abs().max() == 0
    assert found[learner.layout.head("number")].abs().max() == 0
    assert found[learner.layout.head("two")].abs().max() > 0
