"""The laws of the mathematics are marked, for they run with every shape enforced."""

from __future__ import annotations

from pathlib import Path

import pytest
from typing_extensions import override

from metabench.engine.meta import MetaTraining
from metabench.learning import SampledTask, TaskSampler
from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaOptimizer, MetaSpec
from metabench.testing import TinyEpisodes, tiny_learner

HERE = Path(__file__).parent
STREAM = Stream.root(17)
TASKS = [SampledTask("three", 30, "auxiliary"), SampledTask("two", 20, "target")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every law: ``tox -e tests`` leaves to ``tox -e shapes`` those that are quick."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.law)


class Fixed(TaskSampler):
    """Draws the same tasks at every step."""

    def __init__(self, *names):
        self.names = names

    @override
    def probabilities(self, step, tasks, state):
        return {name: self.names.count(name) / len(self.names) for name in self.names}

    @override
    def draw(self, step, tasks, state, stream):
        return self.names


def _training(algorithm, *names, sampler=None, optimizer=None, steps=2):
    learner = tiny_learner(curvature=Curvature() if algorithm.options.uses_curvature() else None)
    return MetaTraining(
        algorithm=algorithm,
        sampler=sampler or Fixed(*names),
        learner=learner,
        source=TinyEpisodes(algorithm.options.episode_shape(), STREAM),
        tasks=TASKS,
        settings=MetaSpec(optimizer=optimizer or MetaOptimizer(lr=0.01)),
        steps=steps,
        stream=STREAM,
        provider="test 1.0",
    )


def _finish(run, theta=None, **start):
    steps = run.run(run.learner.theta(STREAM) if theta is None else theta, **start)
    done = []
    while True:
        try:
            done.append(next(steps))
        except StopIteration as stop:
            return stop.value, done


@pytest.fixture(scope="session")
def training():
    """Return the function that sets up meta-training: an algorithm, the tasks of every step."""
    return _training


@pytest.fixture(scope="session")
def finish():
    """Return the function that goes through all steps: the initialisation, and each step."""
    return _finish
