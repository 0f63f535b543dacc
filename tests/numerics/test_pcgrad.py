"""What PCGrad projects, in which order, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from metabench.seeding import Stream
from metabench.testing import QuadraticLearner, tiny_episode, tiny_learner
from metabench_algorithms.joint import Joint
from metabench_algorithms.options import JointOptions, PcGradOptions
from metabench_algorithms.pcgrad import PcGrad

STREAM = Stream.root(1999)


def draw(*shape, name):
    return torch.randn(*shape, generator=STREAM.child(name).torch(), dtype=torch.float64)


def combined(directions, tasks, learner, stream=STREAM):
    algorithm = PcGrad(PcGradOptions())
    episodes = [
        tiny_episode(task, stream.child(task, number), support=0, query=1)
        for number, task in enumerate(tasks)
    ]
    blocks = [{"theta": direction} for direction in directions]
    state = algorithm.initial_state(learner)
    found, after = algorithm.combine(iter(blocks), episodes, state)
    assert after is state
    return found["theta"].numpy(), episodes


def by_numpy(directions, tasks, episodes, encoder):
    """Return algorithm 1 of Yu et al. on the encoder's part; heads are only summed."""
    names = sorted(set(tasks))
    sums = {
        name: sum(d.numpy() for d, task in zip(directions, tasks, strict=True) if task == name)
        for name in names
    }
    total = sum(sums.values())
    total[:encoder] = 0
    for name in names:
        first = episodes[tasks.index(name)]
        others = [other for other in names if other != name]
        order = first.stream.child("order").numpy().permutation(len(others))
        found = sums[name][:encoder].copy()
        for place in order:
            other = sums[others[place]][:encoder]
            if found @ other < 0:
                found = found - (found @ other) / (other @ other) * other
        total[:encoder] += found
    return total / len(tasks)


@pytest.mark.parametrize("tasks", [("three", "two", "number"), ("three", "two", "three", "number")])
def test_projections_are_those_of_the_algorithm(tasks):
    learner = QuadraticLearner(torch.eye(6, dtype=torch.float64))
    directions = [draw(6, name=f"g{number}") for number in range(len(tasks))]

    found, episodes = combined(directions, tasks, learner)

    expected = by_numpy(directions, tasks, episodes, 5)
    assert np.allclose(found, expected, rtol=0, atol=1e-14)
    assert not np.allclose(found, torch.stack(directions).mean(0).numpy(), rtol=0, atol=0.01)


def test_the_order_of_projections_matters_and_is_the_streams():
    learner = QuadraticLearner(torch.eye(6, dtype=torch.float64))
    tasks = ("three", "two", "number")
    directions = [draw(6, name=f"g{number}") for number in range(3)]

    found, again = (combined(directions, tasks, learner)[0] for _ in range(2))
    others = [combined(directions, tasks, learner, STREAM.child(i))[0] for i in range(8)]

    assert np.array_equal(found, again)
    assert any(np.array_equal(found, other) for other in others)
    assert any(not np.allclose(found, other, rtol=0, atol=1e-9) for other in others)


def test_after_projection_two_tasks_conflict_no_more():
    learner = QuadraticLearner(torch.eye(4, dtype=torch.float64))
    one = torch.tensor([1.0, 0.0, 0.0, 7.0], dtype=torch.float64)
    two = torch.tensor([-1.0, 1.0, 0.0, 5.0], dtype=torch.float64)

    found, _ = combined([one, two], ("three", "two"), learner)

    # one - (-1 / 2) two = (1/2, 1/2, 0), two + one = (0, 1, 0); of heads the sum, by two episodes.
    assert np.allclose(found, [0.25, 0.75, 0.0, 6.0], rtol=0, atol=1e-15)


def test_without_conflicts_pcgrad_is_joint_training():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    algorithm, joint = PcGrad(PcGradOptions()), Joint(JointOptions())
    episode = tiny_episode("three", STREAM, support=0, query=1)
    one = algorithm.meta_gradient(learner, {"theta": theta}, episode).directions
    other = joint.meta_gradient(learner, {"theta": theta}, episode).directions
    episodes = [episode, episode]

    found, _ = algorithm.combine([one, one], episodes, algorithm.initial_state(learner))
    expected, _ = joint.combine([other, other], episodes, {})

    assert torch.allclose(found["theta"], expected["theta"], rtol=0, atol=1e-15)


def test_a_task_without_any_gradient_takes_nothing_from_the_others():
    learner = QuadraticLearner(torch.eye(4, dtype=torch.float64))
    one = draw(4, name="one")

    found, _ = combined([one, torch.zeros_like(one)], ("three", "two"), learner)

    assert np.allclose(found, one.numpy() / 2, rtol=0, atol=0)
