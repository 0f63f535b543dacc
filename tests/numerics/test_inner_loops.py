"""The inner loop alone leads where the meta-gradient looks at the query batch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch

from metabench.plugin.catalog import load_catalog
from metabench.plugin.target import load_target
from metabench.seeding import Stream
from metabench.testing import tiny_episode, tiny_learner

STREAM = Stream.root(31)
ALGORITHMS = {
    name: offer.value for name, offer in load_catalog().algorithms.items() if offer.value.inner_loop
}
OPTIONS = {"imaml": {"inner_steps": 3, "support_batches": 2, "proximal": 2.0, "inner_lr": 0.05}}


@dataclass
class Recording:
    """A learner that notes where gradients of one batch are asked for."""

    learner: Any
    batch: Any
    points: list[Any] = field(default_factory=list)

    def gradient(self, theta, batch, span=None):
        if batch is self.batch:
            self.points.append(theta.clone())
        return self.learner.gradient(theta, batch, span)

    def loss(self, theta, batch):
        return self.learner.loss(theta, batch)

    def features(self, theta, batch):
        return self.learner.features(theta, batch)

    def hvp(self, theta, batch, vector):
        return self.learner.hvp(theta, batch, vector)

    def spans(self, task=None):
        return self.learner.spans(task)


def made(name):
    """Return an algorithm's object, options and its inner loop alone."""
    info = ALGORITHMS[name]
    given = OPTIONS.get(name, {"inner_steps": 3, "inner_lr": 0.05})
    options = info.options.model_validate({**given, **info.preset})
    return load_target(info.target)(options), options, load_target(info.inner_loop)


def blocks_of(algorithm, learner, theta):
    """Return blocks at which each number is another one, as meta-training leaves them."""
    found = {}
    for name, block in algorithm.init(learner, theta).items():
        noise = torch.rand(block.shape, generator=STREAM.child(name).torch(), dtype=block.dtype)
        found[name] = block if name == "theta" else block * (0.5 + noise)
    return found


def test_all_but_those_without_an_inner_loop_declare_one():
    names = {name for name, offer in load_catalog().algorithms.items() if offer.plugin.built_in}

    assert names - set(ALGORITHMS) == {"finetune", "joint", "pcgrad"}


@pytest.mark.parametrize("task", ["three", "number"])
@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_it_ends_where_the_query_batch_is_looked_at(name, task):
    algorithm, options, loop = made(name)
    learner, shape = tiny_learner(), options.episode_shape()
    episode = replace(
        tiny_episode(task, STREAM, support=shape.support, query=max(shape.query, 1)),
        step=9, total_steps=10,
    )  # fmt: skip
    theta = learner.theta(STREAM)
    meta = blocks_of(algorithm, learner, theta)
    recording = Recording(learner, episode.query[0])
    direction = algorithm.meta_gradient(recording, meta, episode).directions["theta"]
    expected = recording.points[-1] if recording.points else theta - direction  # Reptile's

    found = loop(options, learner, meta, episode.support)

    assert ((found - expected).norm() / (expected - theta).norm()).item() < 1e-12
    assert not torch.equal(found, theta)
    assert torch.equal(theta, learner.theta(STREAM))
