"""The laws of MAML and FOMAML."""

from __future__ import annotations

import pytest
import torch

from metabench.seeding import Stream
from metabench.testing import QuadraticLearner, tiny_episode, tiny_learner
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import MamlOptions

STREAM = Stream.root(2019)
ALPHA = 0.05


def maml(*, inner_lr=ALPHA, inner_steps=3, second_order=True):
    return Maml(MamlOptions(inner_steps=inner_steps, inner_lr=inner_lr, second_order=second_order))


def meta_gradient(algorithm, learner, theta, episode):
    return algorithm.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]


def query_loss_after_inner_loop(learner, theta, episode):
    for batch in episode.support:
        theta = theta - ALPHA * learner.gradient(theta, batch)
    return learner.loss(theta, episode.query[0])


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("task", ["three", "two", "number"])
def test_meta_gradient_agrees_with_finite_differences_in_twenty_directions(task):
    """Central differences, extrapolated once (error of order h^4); dropout is on."""
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    episode = tiny_episode(task, STREAM.child(task), support=3, query=1)
    found = meta_gradient(maml(), learner, theta, episode)

    def slope(direction, h):
        ahead = query_loss_after_inner_loop(learner, theta + h * direction, episode)
        behind = query_loss_after_inner_loop(learner, theta - h * direction, episode)
        return ((ahead - behind) / (2 * h)).item()

    for index in range(20):
        generator = STREAM.child("direction", index).torch()
        direction = torch.randn(theta.shape, generator=generator, dtype=theta.dtype)
        direction /= direction.norm()
        expected = (4 * slope(direction, 1e-4) - slope(direction, 2e-4)) / 3

        assert (found @ direction).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("dropout", [True, False])
@pytest.mark.parametrize("task", ["three", "number"])
def test_meta_gradient_agrees_with_backpropagation_through_the_unrolled_loop(
    task, dropout, attention
):
    learner = tiny_learner(attention=attention)
    theta = learner.theta(STREAM)
    episode = tiny_episode(task, STREAM.child(task), support=3, query=1, dropout=dropout)
    start = theta.clone().requires_grad_()
    fast = start
    for batch in episode.support:
        (step,) = torch.autograd.grad(learner.loss(fast, batch), fast, create_graph=True)
        fast = fast - ALPHA * step
    (expected,) = torch.autograd.grad(learner.loss(fast, episode.query[0]), start)

    found = meta_gradient(maml(), learner, theta, episode)

    assert relative(found, expected) < 1e-10


def test_fomaml_is_maml_with_the_second_order_term_removed():
    """The unrolled loop with its inner gradients detached has the identity as its Jacobian."""
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    episode = tiny_episode("three", STREAM, support=3, query=1)
    start = theta.clone().requires_grad_()
    fast = start
    for batch in episode.support:
        (step,) = torch.autograd.grad(learner.loss(fast, batch), fast)
        fast = fast - ALPHA * step
    (expected,) = torch.autograd.grad(learner.loss(fast, episode.query[0]), start)

    first_order = meta_gradient(maml(second_order=False), learner, theta, episode)
    exact = meta_gradient(maml(), learner, theta, episode)

    assert relative(first_order, expected) < 1e-12
    assert relative(exact, expected) > 0.01


@pytest.mark.parametrize("second_order", [True, False])
def test_with_an_inner_rate_of_zero_the_meta_gradient_is_the_query_gradient(second_order):
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    episode = tiny_episode("two", STREAM, support=3, query=1)

    found = meta_gradient(maml(inner_lr=0.0, second_order=second_order), learner, theta, episode)

    assert torch.equal(found, learner.gradient(theta, episode.query[0]))


def test_on_a_quadratic_the_meta_gradient_is_the_closed_form():
    """The Jacobian of k steps on a quadratic with curvature A is (I - alpha A)^k."""
    draw = torch.randn(6, 6, generator=STREAM.child("A").torch(), dtype=torch.float64)
    curvature = draw @ draw.T / 6
    learner = QuadraticLearner(curvature)
    theta = torch.randn(6, generator=STREAM.child("theta").torch(), dtype=torch.float64)
    episode = tiny_episode("two", STREAM, support=3, query=1)
    fast = theta
    for batch in episode.support:
        fast = fast - ALPHA * curvature @ (fast - learner.centre(batch))
    jacobian = torch.linalg.matrix_power(torch.eye(6, dtype=torch.float64) - ALPHA * curvature, 3)
    expected = jacobian @ curvature @ (fast - learner.centre(episode.query[0]))

    found = meta_gradient(maml(), learner, theta, episode)

    assert relative(found, expected) < 1e-12


def test_nothing_that_is_passed_in_is_written_to():
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    before = theta.clone()

    meta_gradient(maml(), learner, theta, tiny_episode("two", STREAM, support=2, query=1))

    assert torch.equal(theta, before)
