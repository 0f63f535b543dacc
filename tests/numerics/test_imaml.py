"""iMAML on quadratics, whose fixed point is known; and its conjugate gradients."""

from __future__ import annotations

import pytest
import torch

from metabench.seeding import Stream
from metabench.testing import QuadraticLearner, tiny_episode
from metabench_algorithms.imaml import Imaml, conjugate_gradient
from metabench_algorithms.options import ImamlOptions

STREAM = Stream.root(1999)


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def draw(*shape, name):
    return torch.randn(*shape, generator=STREAM.child(name).torch(), dtype=torch.float64)


def test_on_a_quadratic_imaml_solves_its_fixed_point_and_differentiates_it():
    r"""(A + lambda) phi = A c + lambda theta; its derivative is (I + A / lambda)^{-1}."""
    size, strength = 6, 2.0
    root = draw(size, size, name="A")
    curvature = root @ root.T / size
    learner, theta = QuadraticLearner(curvature), draw(size, name="theta")
    episode = tiny_episode("two", STREAM, support=2, query=1)
    identity = torch.eye(size, dtype=torch.float64)
    centre = sum(learner.centre(batch) for batch in episode.support) / 2
    phi = torch.linalg.solve(curvature + strength * identity, curvature @ centre + strength * theta)
    pull = curvature @ (phi - learner.centre(episode.query[0]))
    expected = torch.linalg.solve(identity + curvature / strength, pull)

    algorithm = Imaml(
        ImamlOptions(
            support_batches=2, inner_steps=200, inner_lr=0.2, proximal=strength, cg_steps=size
        )
    )
    found = algorithm.meta_gradient(learner, {"theta": theta}, episode)

    assert relative(found.directions["theta"], expected) < 1e-10
    assert found.scalars["cg_residual"].item() < 1e-10


def test_conjugate_gradients_are_done_after_as_many_steps_as_there_are_eigenvalues():
    values = torch.tensor([2.0, 2.0, 3.0, 5.0], dtype=torch.float64)
    right = draw(4, name="right")

    found, left = conjugate_gradient(lambda vector: values * vector, right, steps=3)
    before, more = conjugate_gradient(lambda vector: values * vector, right, steps=2)

    assert relative(found, right / values) < 1e-12
    assert left.item() < 1e-12
    assert more.item() == pytest.approx(relative(values * before, right))
    assert more.item() > 1e-3


def test_conjugate_gradients_stay_where_they_are_without_positive_curvature():
    values = torch.tensor([-3.0, -2.0], dtype=torch.float64)
    right = draw(2, name="right")

    found, _ = conjugate_gradient(lambda vector: values * vector, right, steps=4)

    assert torch.equal(found, right)


def test_conjugate_gradients_go_on_from_a_solution_and_from_nothing():
    right = draw(3, name="right")

    found, left = conjugate_gradient(lambda vector: vector, right, steps=3)
    nothing, _ = conjugate_gradient(lambda vector: 2 * vector, torch.zeros(3), steps=3)

    assert torch.equal(found, right)
    assert left == 0
    assert torch.equal(nothing, torch.zeros(3))


@pytest.mark.parametrize("largest", [1.0, 20.0, 70.0])
def test_the_defaults_solve_the_inner_problem_to_a_thousandth(largest):
    """On a quadratic whose largest curvature is known, against its solution in closed form."""
    options = ImamlOptions()
    curvature = torch.diag(torch.linspace(-0.1, 1, 6, dtype=torch.float64) * largest)
    learner, theta = QuadraticLearner(curvature), draw(6, name="theta")
    episode = tiny_episode("two", STREAM, support=1, query=1)
    identity = torch.eye(6, dtype=torch.float64)
    pull = curvature @ learner.centre(episode.support[0])
    phi = torch.linalg.solve(
        curvature + options.proximal * identity, pull + options.proximal * theta
    )
    query = curvature @ (phi - learner.centre(episode.query[0]))
    expected = torch.linalg.solve(identity + curvature / options.proximal, query)

    found = Imaml(options).meta_gradient(learner, {"theta": theta}, episode)

    assert relative(found.directions["theta"], expected) < 1e-3
    assert found.scalars["proximal_residual"].item() < 1e-3


def test_what_is_left_of_the_inner_problem_is_its_slope_before_the_last_step():
    r"""On one coordinate of curvature a, a step leaves the share 1 - rate (a + lambda) of it."""
    learner = QuadraticLearner(torch.eye(1, dtype=torch.float64) * 3.0)
    options = ImamlOptions(inner_steps=4, inner_lr=0.1, proximal=2.0)
    episode = tiny_episode("two", STREAM, support=1, query=1)

    found = Imaml(options).meta_gradient(learner, {"theta": draw(1, name="theta")}, episode)

    assert found.scalars["proximal_residual"].item() == pytest.approx(0.5**3)


def test_in_fp32_a_short_way_to_the_solution_keeps_its_digits():
    """At theta = 1000 a difference of two vectors would have three digits of a way of 1e-2."""
    theta = torch.full((3,), 1000.0)
    curvature = torch.diag(torch.tensor([1.0, 2.0, 3.0]))
    episode = tiny_episode("two", STREAM, support=1, query=1)
    options = ImamlOptions(proximal=1e5, inner_lr=1e-5)
    scalars = {}
    for dtype in (torch.float32, torch.float64):
        learner = QuadraticLearner(curvature.to(dtype))
        found = Imaml(options).meta_gradient(learner, {"theta": theta.to(dtype)}, episode)
        scalars[dtype] = found.scalars["proximal_residual"].item()

    assert scalars[torch.float64] < 1e-12
    assert scalars[torch.float32] < 1e-6
