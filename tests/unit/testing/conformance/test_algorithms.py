"""Faulty algorithms: each is caught by the check that names its fault, and by no other."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import signal
import socket
from dataclasses import replace
from typing import Annotated

import numpy as np
import pytest
import torch
from pydantic import Field
from typing_extensions import override

from metabench.api import AlgorithmInfo, AlgorithmOptions, EpisodeShape
from metabench.learning import Algorithm, MetaGradient, inner_path
from metabench.plugin.status import PluginStatus
from metabench.testing.conformance import (
    NotConformingError,
    Subject,
    checks_of,
)

pytestmark = pytest.mark.slow  # every case trains


class SoundOptions(AlgorithmOptions):
    """Options as they have to be."""

    inner_steps: Annotated[int, Field(ge=1)] = 2
    """Steps of the inner loop."""
    inner_lr: float = 0.01
    """Their size."""

    @override
    def episode_shape(self):
        return EpisodeShape(support=self.inner_steps, query=1)


class Sound(Algorithm[SoundOptions]):
    """FOMAML, as it has to be; the faulty ones differ from it in one thing."""

    @override
    def meta_gradient(self, learner, meta, episode):
        return MetaGradient({"theta": self.direction(learner, meta["theta"], episode)})

    def direction(self, learner, theta, episode):
        *_, adapted = inner_path(learner, theta, episode.support, inner_lr=self.options.inner_lr)
        return learner.gradient(adapted, episode.query[0])


class WrongShape(Sound):
    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode)[:-1]


class WrongDtype(Sound):
    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode).double()


class NotANumber(Sound):
    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode).log()


class ScalarNotANumber(Sound):
    @override
    def meta_gradient(self, learner, meta, episode):
        found = super().meta_gradient(learner, meta, episode)
        return MetaGradient(found.directions, {"margin": float("nan")})


class DrawsFromTorch(Sound):
    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode) + 1e-3 * torch.randn(1)[0]


class DrawsFromNumpy(Sound):
    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode) * np.random.random()  # noqa: NPY002


class SeedsPython(Sound):
    @override
    def direction(self, learner, theta, episode):
        random.seed(0)
        return super().direction(learner, theta, episode)


class Unrepeatable(Sound):
    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode) * (1 + secrets.randbelow(10**6) / 1e6)


class WritesToTheta(Sound):
    @override
    def direction(self, learner, theta, episode):
        for batch in episode.support:
            theta.sub_(learner.gradient(theta, batch), alpha=self.options.inner_lr)
        return learner.gradient(theta, episode.query[0])


class WritesPastTheCounter(Sound):
    @override
    def direction(self, learner, theta, episode):
        theta.data.mul_(0.999)
        return super().direction(learner, theta, episode)


class WritesToABatch(Sound):
    @override
    def direction(self, learner, theta, episode):
        episode.query[0].token_type_ids.zero_()
        return super().direction(learner, theta, episode)


class Remembers(Sound):
    """Momentum in the object, where no checkpoint finds it."""

    before = None

    @override
    def direction(self, learner, theta, episode):
        found = super().direction(learner, theta, episode)
        self.before = found if self.before is None else 0.9 * self.before + found
        return self.before.clone()


class Hoards(Sound):
    @override
    def direction(self, learner, theta, episode):
        found = super().direction(learner, theta, episode)
        self.kept = [*getattr(self, "kept", []), found]
        return found.clone()


class SetsThreads(Sound):
    @override
    def direction(self, learner, theta, episode):
        torch.set_num_threads(torch.get_num_threads() + 1)
        return super().direction(learner, theta, episode)


class SetsDefaultDtype(Sound):
    @override
    def direction(self, learner, theta, episode):
        torch.set_default_dtype(torch.float64)
        return super().direction(learner, theta, episode)


class ChangesFolder(Sound):
    @override
    def direction(self, learner, theta, episode):
        os.chdir("/")
        return super().direction(learner, theta, episode)


class SetsEnvironment(Sound):
    @override
    def direction(self, learner, theta, episode):
        os.environ["METABENCH_PLANTED"] = "1"
        return super().direction(learner, theta, episode)


class TakesSignals(Sound):
    @override
    def direction(self, learner, theta, episode):
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        return super().direction(learner, theta, episode)


class ClassesOnly(Sound):
    @override
    def direction(self, learner, theta, episode):
        torch.nn.functional.one_hot(episode.query[0].labels)
        return super().direction(learner, theta, episode)


class TwoRowsAtLeast(Sound):
    @override
    def direction(self, learner, theta, episode):
        spread = episode.query[0].labels.to(theta.dtype).std()
        return super().direction(learner, theta, episode) * (1 + 0 * spread)


class OnTheCpu(Sound):
    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode) * torch.ones(
            len(theta), dtype=theta.dtype
        )


class AsksTheNetwork(Sound):
    @override
    def direction(self, learner, theta, episode):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 9), 0.1):
            pass
        return super().direction(learner, theta, episode)


class Decays(Sound):
    """Weight decay moves words that no batch holds."""

    follows_gradients = True

    @override
    def direction(self, learner, theta, episode):
        return super().direction(learner, theta, episode) + 0.01 * theta


class WithoutTheta(Sound):
    @override
    def init(self, learner, theta):
        return {"parameters": theta}

    @override
    def meta_gradient(self, learner, meta, episode):
        return MetaGradient({"parameters": self.direction(learner, meta["parameters"], episode)})


class UnknownRate(Sound):
    @override
    def learning_rates(self, outer_lr):
        return {"theta": outer_lr, "tehta": outer_lr}


class OtherStart(Sound):
    @override
    def initialisation(self, learner, meta):
        return meta["theta"][:7]


class StateOfNumbers(Sound):
    """What combine keeps has to be tensors, for a checkpoint holds nothing else."""

    @override
    def combine(self, directions, episodes, state):
        mean, _ = super().combine(directions, episodes, state)
        return mean, {"count": state.get("count", 0) + 1}


FAULTS = {
    WrongShape: "shapes",
    WrongDtype: "shapes",
    NotANumber: "finite",
    ScalarNotANumber: "finite",
    DrawsFromTorch: "no_ambient_randomness",
    DrawsFromNumpy: "no_ambient_randomness",
    SeedsPython: "no_ambient_randomness",
    Unrepeatable: "deterministic",
    WritesToTheta: "writes_nothing",
    WritesPastTheCounter: "writes_nothing",
    WritesToABatch: "writes_nothing",
    Remembers: "resumes",
    Hoards: "memory_flat",
    SetsThreads: "leaves_globals",
    SetsDefaultDtype: "leaves_globals",
    ChangesFolder: "leaves_globals",
    SetsEnvironment: "leaves_globals",
    TakesSignals: "leaves_globals",
    ClassesOnly: "any_outputs",
    TwoRowsAtLeast: "tiny_task",
    OnTheCpu: "device",
    AsksTheNetwork: "no_network",
    Decays: "follows_gradients",
    WithoutTheta: "blocks",
    UnknownRate: "blocks",
    OtherStart: "blocks",
}
ALSO_REFUSED_BY_THE_ENGINE = {"trains"}
"""What the engine itself refuses while training, it refuses in the check that trains."""


def subject(target):
    info = AlgorithmInfo("planted", f"{__name__}:{target.__qualname__}", SoundOptions, "a summary")
    return Subject("algorithm", "planted", info, PluginStatus("planted", __name__, "local", "1"))


def test_the_sound_algorithm_conforms(failures):
    assert failures(subject(Sound)) == {}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught_by_the_check_that_names_it_and_by_no_other(fault, failures):
    said = failures(subject(fault))

    assert FAULTS[fault] in said, said
    assert set(said) <= {FAULTS[fault]} | ALSO_REFUSED_BY_THE_ENGINE, said


def half_of_theta(options, learner, meta, support):
    return meta["theta"][::2]


def theta_divided_by_zero(options, learner, meta, support):
    return meta["theta"] / 0


def theta_written_to(options, learner, meta, support):
    return meta["theta"].add_(1.0)


@pytest.mark.parametrize("loop", [half_of_theta, theta_divided_by_zero, theta_written_to])
def test_an_inner_loop_that_does_not_return_an_adapted_theta_is_caught(loop):
    (check,) = [each for each in checks_of("algorithm") if each.name == "inner_loop"]
    sound = subject(Sound)
    value = replace(sound.value, inner_loop=f"{__name__}:{loop.__name__}")

    with pytest.raises(NotConformingError, match=r"does not return|not finite|wrote to"):
        check.call(replace(sound, value=value))


def test_a_state_that_no_checkpoint_can_hold_does_not_resume(failures):
    assert set(failures(subject(StateOfNumbers))) & {"resumes", "trains"}
