"""Faulty adaptations: each is caught by the check that names its fault."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

import pytest
import torch
from typing_extensions import override

from metabench.api import AdaptationInfo, AdaptationOptions
from metabench.learning import Adaptation
from metabench.plugin.status import PluginStatus
from metabench.testing.conformance import Subject

LOCAL = PluginStatus("planted", __name__, "local", "1")


class Sound(Adaptation[AdaptationOptions]):
    """A head of zeros, but for the class of the first example; the faulty ones are made from it."""

    @override
    def adapt(self, learner, theta, target):
        features, labels = target.features(learner, theta)
        known = [0] if target.regression else labels.unique().tolist()
        weights = features.new_zeros(len(known), features.shape[1])
        return target.with_head(learner, theta, weights, weights[:, 0], known=known)


class ReturnsAHead(Sound):
    @override
    def adapt(self, learner, theta, target):
        return super().adapt(learner, theta, target)[learner.spans(target.task)["head"]]


class DividesByZero(Sound):
    @override
    def adapt(self, learner, theta, target):
        return super().adapt(learner, theta, target) / 0


class TwoClassesOnly(Sound):
    @override
    def adapt(self, learner, theta, target):
        if target.outputs == 2:
            raise ValueError("no")
        return super().adapt(learner, theta, target)


class EveryClass(Sound):
    @override
    def adapt(self, learner, theta, target):
        _, labels = target.features(learner, theta)
        if not target.regression and len(labels.unique()) < target.outputs:
            raise ValueError("a class has no example")
        return super().adapt(learner, theta, target)


class Unrepeatable(Sound):
    @override
    def adapt(self, learner, theta, target):
        found = super().adapt(learner, theta, target)
        return found + int.from_bytes(os.urandom(4), "big")


class DrawsAmbiently(Sound):
    @override
    def adapt(self, learner, theta, target):
        torch.rand(1)
        return super().adapt(learner, theta, target)


class SetsThreads(Sound):
    @override
    def adapt(self, learner, theta, target):
        torch.set_num_threads(torch.get_num_threads() + 1)
        return super().adapt(learner, theta, target)


class WritesToTheta(Sound):
    @override
    def adapt(self, learner, theta, target):
        theta[0] += 1
        return super().adapt(learner, theta, target)


class Asks(Sound):
    @override
    def adapt(self, learner, theta, target):
        with suppress(OSError), socket.socket() as asked:
            asked.connect(("127.0.0.1", 9))
        return super().adapt(learner, theta, target)


class TakesMore(Sound):
    def __init__(self, options, more):
        super().__init__(options)
        self.more = more


FAULTS = {
    ReturnsAHead: {"returns_theta", "adapts_every_task", "takes_missing_classes"},
    DividesByZero: {"returns_theta", "adapts_every_task", "takes_missing_classes"},
    TwoClassesOnly: {"adapts_every_task"},
    EveryClass: {"takes_missing_classes"},
    Unrepeatable: {"repeats"},
    DrawsAmbiently: {"no_ambient_randomness"},
    SetsThreads: {"leaves_globals"},
    WritesToTheta: {"leaves_arguments"},
    Asks: {"asks_no_network"},
}


def adaptation(kind, **changes):
    target = f"{__name__}:{kind.__name__}"
    info = AdaptationInfo("planted", target, AdaptationOptions, "planted", **changes)
    return Subject("adaptation", "planted", info, LOCAL)


def test_a_sound_adaptation_passes_all(failures):
    assert failures(adaptation(Sound)) == {}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_faulty_adaptation_is_caught_by_the_check_that_names_its_fault(fault, failures):
    assert set(failures(adaptation(fault))) == FAULTS[fault]


def test_a_class_that_does_not_take_its_options_alone_does_not_load(failures):
    assert "loads_as_adaptation" in failures(adaptation(TakesMore))
