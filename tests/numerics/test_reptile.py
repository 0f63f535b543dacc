"""The laws of Reptile and of joint training."""

from __future__ import annotations

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


def test_heads_of_other_tasks_get_no_direction():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)

    found = direction(
        reptile(inner_steps=2), learner, theta, tiny_episode("two", STREAM, support=2, query=0)
    )

    assert found[learner.layout.head("three")].abs().max() == 0
    assert found[learner.layout.head("number")].abs().max() == 0
    assert found[learner.layout.head("two")].abs().max() > 0
