"""Second derivatives on pretrained encoders and real rows, where a mirror of the hub is at hand."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

from metabench.data.episodes import EpisodeSource
from metabench.data.tokens import load_tokens
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import load_encoder, load_tokenizer
from metabench.nn.episode_view import view
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.plan.cell import TaskUse
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.spec.model.sections import ModelSpec
from metabench.tasks.hub import Hub
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import MamlOptions

MIRROR = os.environ.get("METABENCH_HUB", "")
pytestmark = [
    pytest.mark.skipif(not MIRROR, reason="METABENCH_HUB names no mirror of the hub"),
    pytest.mark.slow,
]

ENCODERS = ("paraphrase-MiniLM-L3-v2", "all-MiniLM-L6-v2")
TASKS = ("glue/rte", "glue/mrpc", "glue/stsb")
STREAM = Stream.root(3)
ALPHA = 1e-2
BOUNDS = {"exact": 1e-4, "central": 2e-4, "forward": 3e-3}
WAYS = [
    Curvature("exact", "fast"),
    Curvature("exact", "lean"),
    Curvature("central"),
    Curvature("forward"),
]


def model(encoder):
    return ModelSpec(id=f"sentence-transformers/{encoder}", max_length=64)


@cache
def table(task):
    """Return the training rows of a task; both encoders have one tokenizer."""
    card = load_catalog().task(task).value
    use = TaskUse(card, "target", card.train, card.scored, "", 0, 0)
    tokenizer = load_tokenizer(model(ENCODERS[0]), hub=hub())
    place = {"hub": hub(), "device": "cpu", "cache": None}
    return load_tokens(use, "train", tokenizer=tokenizer, max_length=64, **place)


def hub():
    return Hub(Path(MIRROR), offline=True)


@cache
def loaded(name, attention):
    encoder = load_encoder(model(name), hub=hub(), stream=STREAM)
    encoder.module.set_attn_implementation(attention)
    return encoder


def learner(name, attention, task, **settings):
    card = load_catalog().task(task).value
    heads = {task: HeadShape(card.outputs, regression=card.regression)}
    return TransformerLearner(loaded(name, attention), heads, torch.device("cpu"), **settings)


def episode(task, *, dropout):
    algorithm = Maml(MamlOptions(inner_steps=2, inner_lr=ALPHA))
    shape = algorithm.options.episode_shape()
    source = EpisodeSource({task: table(task)}, shape=shape, batch_size=4, stream=STREAM)
    found = source.episode(task, visit=0, step=0, total_steps=1)
    if dropout:
        return algorithm, found
    off = [tuple(replace(batch, dropout_seed=None) for batch in side) for side in (
        found.support, found.query,
    )]  # fmt: skip
    return algorithm, replace(found, support=off[0], query=off[1])


def unrolled(learner, theta, episode):
    """Backpropagate through the inner loop, by autograd alone."""
    start = theta.clone().requires_grad_()
    fast = start
    for batch in episode.support:
        (step,) = torch.autograd.grad(learner.loss(fast, batch), fast, create_graph=True)
        fast = fast - ALPHA * step
    (found,) = torch.autograd.grad(learner.loss(fast, episode.query[0]), start)
    return found


@pytest.mark.parametrize("dropout", [False, True], ids=["dropout off", "dropout on"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", ENCODERS)
def test_every_way_agrees_with_the_unrolled_loop(name, task, attention, dropout):
    """With dropout off the loop goes through transformers' module, with it through our masks."""
    oracle = learner(name, attention, task, curvature=Curvature(), packed=dropout)
    theta = oracle.theta(STREAM)
    algorithm, found = episode(task, dropout=dropout)
    expected = unrolled(oracle, theta, found)

    for curvature in WAYS if attention == "sdpa" else WAYS[1:3]:
        ours = learner(name, attention, task, curvature=curvature)
        part = view(ours, found, sparse=True)
        blocks = {"theta": part.take(theta)}
        direction = algorithm.meta_gradient(part.learner, blocks, part.episode)
        error = (part.put(direction.directions["theta"]) - expected).norm() / expected.norm()

        assert error.item() < BOUNDS[curvature.way], curvature
