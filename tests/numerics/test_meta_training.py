"""The laws of meta-training as a whole, with real samplers and algorithms on a tiny model."""

from __future__ import annotations

import pytest
import torch
from typing_extensions import override

from metabench.learning import TaskSampler
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaOptimizer
from metabench.testing import TinyEpisodes
from metabench_algorithms.imaml import Imaml
from metabench_algorithms.joint import Joint
from metabench_algorithms.maml import Maml
from metabench_algorithms.maml_plus_plus import MamlPlusPlus
from metabench_algorithms.meta_sgd import MetaSgd
from metabench_algorithms.options import (
    ImamlOptions,
    JointOptions,
    MamlOptions,
    MamlPlusPlusOptions,
    MetaSgdOptions,
    PartialMamlOptions,
    PcGradOptions,
    ProtoMamlOptions,
    ReptileOptions,
)
from metabench_algorithms.partial_maml import PartialMaml
from metabench_algorithms.pcgrad import PcGrad
from metabench_algorithms.proto_maml import ProtoMaml
from metabench_algorithms.reptile import Reptile

STREAM = Stream.root(17)
ALGORITHMS = [
    Joint(JointOptions()),
    Maml(MamlOptions(inner_steps=2)),
    Maml(MamlOptions(inner_steps=2, second_order=False)),
    Reptile(ReptileOptions(inner_steps=2)),
    PartialMaml(PartialMamlOptions(inner_steps=2, inner_part="head")),
    PartialMaml(PartialMamlOptions(inner_steps=2, inner_part="body")),
    MetaSgd(MetaSgdOptions(inner_steps=2)),
    MamlPlusPlus(MamlPlusPlusOptions(inner_steps=2)),
    Imaml(ImamlOptions(inner_steps=2)),
    ProtoMaml(ProtoMamlOptions(inner_steps=2)),
    PcGrad(PcGradOptions()),
]


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda rule: type(rule).__name__)
def test_heads_of_tasks_that_were_not_drawn_do_not_move(training, finish, algorithm):
    run = training(algorithm, "three", "three")
    theta = run.learner.theta(STREAM)
    before = theta.clone()

    found, _ = finish(run, theta)

    head = run.learner.layout.head
    assert torch.equal(theta, before)
    assert torch.equal(found.theta[head("two")], theta[head("two")])
    assert torch.equal(found.theta[head("number")], theta[head("number")])
    assert not torch.equal(found.theta[head("three")], theta[head("three")])


class Alternating(TaskSampler):
    """Draws one task at even steps, another one at odd ones."""

    def __init__(self, *names):
        self.names = names

    @override
    def probabilities(self, step, tasks, state):
        return dict.fromkeys(self.names, 0.5)

    @override
    def draw(self, step, tasks, state, stream):
        return (self.names[step % 2],)


class Noting(MetaSgd):
    """Meta-SGD that shows its rates in the end."""

    @override
    def initialisation(self, learner, meta):
        self.rates = meta["rates"].clone()
        return meta["theta"]


@pytest.mark.parametrize("steps", [1, 2])
def test_rates_of_heads_of_tasks_that_were_not_drawn_do_not_move(training, finish, steps):
    """Adam would go on moving the first task's rates at the second's step."""
    algorithm = Noting(MetaSgdOptions(inner_lr=0.1, rates_lr=0.01))
    run = training(algorithm, sampler=Alternating("three", "two"), steps=steps)

    finish(run)

    head, rates = run.learner.layout.head, algorithm.rates
    one_step_of_adam = torch.tensor(0.01, dtype=torch.float64)
    assert torch.allclose((rates[head("three")] - 0.1).abs(), one_step_of_adam, rtol=1e-3)
    assert rates[head("two")].eq(0.1).all() == (steps == 1)
    assert rates[head("number")].eq(0.1).all()


def test_a_heads_direction_is_averaged_over_its_own_episodes_the_encoders_over_all(
    training, finish
):
    """With SGD of rate 1 the step is the direction itself, so it can be computed by hand."""
    run = training(
        Joint(JointOptions()), "three", "two", "three",
        optimizer=MetaOptimizer(name="sgd", lr=1.0), steps=1,
    )  # fmt: skip
    theta = run.learner.theta(STREAM)
    rows = TinyEpisodes(JointOptions().episode_shape(), STREAM)
    gradients = [
        run.learner.gradient(theta, rows.episode(task, visit=visit, step=0, total_steps=1).query[0])
        for task, visit in (("three", 0), ("two", 0), ("three", 1))
    ]
    encoder, three, two = (
        run.learner.spans()["encoder"],
        run.learner.layout.head("three"),
        run.learner.layout.head("two"),
    )

    moved = theta - finish(run, theta)[0].theta

    close = {"rtol": 0, "atol": 1e-12}
    assert torch.allclose(moved[encoder], sum(gradients)[encoder] / 3, **close)
    assert torch.allclose(moved[three], (gradients[0] + gradients[2])[three] / 2, **close)
    assert torch.allclose(moved[two], gradients[1][two], **close)


@pytest.mark.parametrize("alpha", [1e-6, 1e-1])
def test_reptile_of_one_inner_step_is_joint_training_whatever_its_rate(training, finish, alpha):
    """Adam's epsilon meets the mean gradient of the inner loop, not alpha times that."""
    joint, reptile = (
        training(algorithm, "three", "two", optimizer=MetaOptimizer(lr=0.01, eps=1e-3), steps=10)
        for algorithm in (
            Joint(JointOptions()),
            Reptile(ReptileOptions(inner_steps=1, inner_lr=alpha)),
        )
    )
    expected = finish(joint)[0].theta

    found = finish(reptile)[0].theta

    assert torch.allclose(found, expected, rtol=0, atol=1e-9)


def test_the_order_of_a_meta_batch_does_not_matter(training, finish):
    one, other = (
        finish(run)[0].theta
        for run in (
            training(ALGORITHMS[3], "three", "two"),
            training(ALGORITHMS[3], "two", "three"),
        )
    )

    assert torch.allclose(one, other, rtol=0, atol=1e-9)


def test_two_runs_of_one_seed_are_equal_to_the_bit(training, finish):
    one, other = (
        finish(run) for run in (training(ALGORITHMS[1], "three"), training(ALGORITHMS[1], "three"))
    )

    assert torch.equal(one[0].theta, other[0].theta)
    assert [done.scalars for done in one[1]] == [done.scalars for done in other[1]]
