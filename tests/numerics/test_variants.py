"""What each variant of MAML is, beside its meta-gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from metabench.seeding import Stream
from metabench.testing import QuadraticLearner, tiny_episode, tiny_learner
from metabench_algorithms.maml import Maml
from metabench_algorithms.maml_plus_plus import MamlPlusPlus, loss_weights
from metabench_algorithms.meta_sgd import MetaSgd
from metabench_algorithms.options import (
    MamlOptions,
    MamlPlusPlusOptions,
    MetaSgdOptions,
    PartialMamlOptions,
)
from metabench_algorithms.partial_maml import PartialMaml

STREAM = Stream.root(1999)
INNER = {"inner_steps": 3, "inner_lr": 0.05}


def model_and_episode(task="three"):
    learner = tiny_learner()
    return learner, learner.theta(STREAM), tiny_episode(task, STREAM, support=3, query=1)


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def draw(*shape, name):
    return torch.randn(*shape, generator=STREAM.child(name).torch(), dtype=torch.float64)


# -- methods that become another one -----------------------------------------------------------


def maml_direction(learner, theta, episode):
    algorithm = Maml(MamlOptions(**INNER))
    return algorithm.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]


def test_meta_sgd_with_all_rates_alike_is_maml():
    learner, theta, episode = model_and_episode()
    algorithm = MetaSgd(MetaSgdOptions(**INNER))

    found = algorithm.meta_gradient(learner, algorithm.init(learner, theta), episode).directions

    assert relative(found["theta"], maml_direction(learner, theta, episode)) < 1e-12


def test_maml_plus_plus_in_its_last_steps_with_all_rates_alike_is_maml():
    learner, theta, episode = model_and_episode()
    episode = replace(episode, step=9, total_steps=10)
    algorithm = MamlPlusPlus(MamlPlusPlusOptions(**INNER))

    found = algorithm.meta_gradient(learner, algorithm.init(learner, theta), episode).directions

    assert relative(found["theta"], maml_direction(learner, theta, episode)) < 1e-12
    assert (learner.counter.gradients, learner.counter.hvps) == (4 + 4, 3 + 3)


def test_maml_plus_plus_takes_no_second_derivatives_in_its_first_steps():
    learner, theta, episode = model_and_episode()
    episode = replace(episode, step=4, total_steps=10)
    algorithm = MamlPlusPlus(MamlPlusPlusOptions(**INNER))
    first_order = Maml(MamlOptions(**INNER, second_order=False))
    expected = first_order.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]

    found = algorithm.meta_gradient(learner, algorithm.init(learner, theta), episode).directions

    assert relative(found["theta"], expected) < 1e-12
    assert learner.counter.hvps == 0


@pytest.mark.parametrize(("part", "moves"), [("head", "head"), ("body", "encoder")])
def test_the_inner_loop_of_anil_and_boil_leaves_the_other_part_where_it_is(part, moves):
    """Seen through a learner that notes where it is asked for gradients."""
    learner, theta, episode = model_and_episode("two")
    places = []

    class Watched:
        def gradient(self, theta, batch, span=None):
            places.append(theta)
            return learner.gradient(theta, batch, span)

        hvp, spans = learner.hvp, learner.spans

    options = PartialMamlOptions(**INNER, inner_part=part)
    PartialMaml(options).meta_gradient(Watched(), {"theta": theta}, episode)

    moved = torch.stack(places[1:]) != theta
    span = learner.spans("two")[moves]
    assert len(places) == 4
    assert moved[:, span].any(1).all()
    assert moved.sum() == moved[:, span].sum()


@pytest.mark.parametrize("part", ["head", "body"])
def test_anil_on_a_quadratic_is_the_closed_form(part):
    """With M the projection on the part, the Jacobian of k steps is (I - alpha A M)^k."""
    size, alpha = 6, INNER["inner_lr"]
    root = draw(size, size, name="A")
    curvature = root @ root.T / size
    learner, theta = QuadraticLearner(curvature), draw(size, name="theta")
    episode = tiny_episode("two", STREAM, support=3, query=1)
    kept = torch.tensor([0.0] * 5 + [1.0]) if part == "head" else torch.tensor([1.0] * 5 + [0.0])
    mask = torch.diag(kept.double())
    fast = theta
    for batch in episode.support:
        fast = fast - alpha * mask @ curvature @ (fast - learner.centre(batch))
    step = torch.eye(size, dtype=torch.float64) - alpha * curvature @ mask
    pull = curvature @ (fast - learner.centre(episode.query[0]))
    expected = torch.linalg.matrix_power(step, 3) @ pull

    algorithm = PartialMaml(PartialMamlOptions(**INNER, inner_part=part))
    found = algorithm.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]

    assert relative(found, expected) < 1e-12


# -- MAML++ ------------------------------------------------------------------------------------


def test_weights_of_losses_begin_equal_and_end_on_the_last_step():
    weights = np.array([loss_weights(4, step=t, annealing_steps=5) for t in range(8)])

    assert np.allclose(weights.sum(1), 1)
    assert np.allclose(weights[0], 0.25)
    assert np.allclose(weights[:6, 0], np.linspace(0.25, 0, 6))
    assert np.array_equal(weights[5:], [[0, 0, 0, 1]] * 3)
    assert loss_weights(4, step=0, annealing_steps=0) == (0, 0, 0, 1)
