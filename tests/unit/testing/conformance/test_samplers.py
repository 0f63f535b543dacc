"""Faulty samplers: each is caught by the check that names its fault."""

from __future__ import annotations

import os

import pytest
import torch
from typing_extensions import override

from metabench.api import (
    Options,
    SamplerInfo,
)
from metabench.learning import TaskSampler
from metabench.plugin.status import PluginStatus
from metabench.testing.conformance import (
    Subject,
)

LOCAL = PluginStatus("planted", __name__, "local", "1")


class Sound(TaskSampler[Options]):
    """Follows the losses; the faulty ones differ from it in one thing."""

    @override
    def probabilities(self, step, tasks, state):
        weights = {task.name: 1 + state.get(task.name, 0.0) for task in tasks}
        return {name: weight / sum(weights.values()) for name, weight in weights.items()}

    @override
    def update(self, state, losses):
        return {**state, **losses}


class TooMuch(Sound):
    @override
    def probabilities(self, step, tasks, state):
        return {task.name: 1.1 / len(tasks) for task in tasks}


class Negative(Sound):
    @override
    def probabilities(self, step, tasks, state):
        return {tasks[0].name: 1.5, tasks[1].name: -0.5}


class Strange(Sound):
    @override
    def probabilities(self, step, tasks, state):
        return {"somebody else's": 1.0}


class DrawsStrange(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        return [
            *super().draw(step, tasks, state, stream)[:-1],
            *(["strange"] if len(tasks) > 1 else [tasks[0].name]),
        ]


class DrawsMore(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        drawn = super().draw(step, tasks, state, stream)
        return [*drawn, drawn[0]]


class DrawsUniformly(Sound):
    """Says one thing and does another."""

    @override
    def draw(self, step, tasks, state, stream):
        picks = stream.numpy().choice(len(tasks), size=self.schedule.tasks_per_step)
        return [tasks[int(pick)].name for pick in picks]


class LeavesTheTarget(Sound):
    """Says that the last steps are the target's, and draws another task once in a while."""

    @override
    def probabilities(self, step, tasks, state):
        return {task.name: float(task.name == self.schedule.target) for task in tasks}

    @override
    def draw(self, step, tasks, state, stream):
        drawn = list(super().draw(step, tasks, state, stream))
        return [tasks[0].name, *drawn[1:]] if step == 77 else drawn


class DrawsAmbiently(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        torch.rand(1)
        return super().draw(step, tasks, state, stream)


class Unrepeatable(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        return super().draw(step, tasks, state, stream.child(int.from_bytes(os.urandom(4), "big")))


class RemembersItself(Sound):
    seen = 0

    @override
    def update(self, state, losses):
        self.seen += 1
        return state

    @override
    def probabilities(self, step, tasks, state):
        weights = [1 + self.seen * place for place, _ in enumerate(tasks)]
        return {task.name: w / sum(weights) for task, w in zip(tasks, weights, strict=True)}


class WritesToState(Sound):
    @override
    def update(self, state, losses):
        if isinstance(state, dict):
            state.update(losses)
            return state
        return {**state, **losses}


class SeveralTasksOnly(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        return super().draw(step, tasks, state, stream) if len(tasks) > 1 else [tasks[1].name]


SAMPLERS = {
    TooMuch: "probabilities",
    Negative: "probabilities",
    Strange: "probabilities",
    DrawsStrange: "draws_only_tasks",
    DrawsMore: "draws_fill_a_step",
    DrawsUniformly: "fits_probabilities",
    LeavesTheTarget: "target_phase",
    DrawsAmbiently: "no_ambient_randomness",
    Unrepeatable: "deterministic",
    RemembersItself: "state_resumes",
    WritesToState: "writes_nothing",
    SeveralTasksOnly: "copes_with_one_task",
}


def sampler(target):
    info = SamplerInfo("planted", f"{__name__}:{target.__qualname__}", Options, "a summary")
    return Subject("sampler", "planted", info, LOCAL)


def test_the_sound_sampler_conforms(failures):
    assert failures(sampler(Sound)) == {}


@pytest.mark.parametrize("fault", SAMPLERS, ids=lambda fault: fault.__name__)
def test_a_faulty_sampler_is_caught_by_the_check_that_names_its_fault(fault, failures):
    said = failures(sampler(fault))

    assert set(said) == {SAMPLERS[fault]}, said
