"""What ProtoMAML makes of prototypes, and where it is MAML."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from metabench.seeding import Stream
from metabench.testing import tiny_episode, tiny_learner
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import MamlOptions, ProtoMamlOptions
from metabench_algorithms.proto_maml import ProtoMaml

STREAM = Stream.root(1999)
INNER = {"inner_steps": 3, "inner_lr": 0.05}


def model_and_episode(task="three"):
    learner = tiny_learner()
    return learner, learner.theta(STREAM), tiny_episode(task, STREAM, support=3, query=1)


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def prototypes(learner, theta, episode, classes):
    features = torch.cat([learner.features(theta, batch) for batch in episode.support])
    labels = torch.cat([batch.labels for batch in episode.support])
    return [features[labels == n].mean(0) if (labels == n).any() else None for n in range(classes)]


@pytest.mark.parametrize("task", ["three", "two"])
def test_before_any_inner_step_protomaml_says_the_nearest_prototype(task):
    learner, theta, episode = model_and_episode(task)
    query = replace(episode.query[0], dropout_seed=None)
    centres = torch.stack(prototypes(learner, theta, episode, {"three": 3, "two": 2}[task]))
    distances = torch.cdist(learner.features(theta, query), centres)
    asked = []

    class Watched:
        def gradient(self, theta, batch, span=None):
            asked.append(theta)
            return learner.gradient(theta, batch, span)

        hvp, spans, features = learner.hvp, learner.spans, learner.features

    ProtoMaml(ProtoMamlOptions(**INNER)).meta_gradient(Watched(), {"theta": theta}, episode)
    said = learner.outputs(asked[0], query)

    assert torch.equal(said.argmax(1), distances.argmin(1))
    assert torch.allclose(
        said.log_softmax(1), (-distances.square()).log_softmax(1), rtol=0, atol=1e-9
    )


def test_the_head_in_theta_is_drawn_to_the_prototypes():
    learner, theta, episode = model_and_episode()
    centres = torch.stack(prototypes(learner, theta, episode, 3))
    head = torch.cat([2 * centres.flatten(), -centres.square().sum(1)])

    found = ProtoMaml(ProtoMamlOptions(**INNER)).meta_gradient(learner, {"theta": theta}, episode)

    span = learner.layout.head("three")
    assert relative(found.directions["theta"][span], theta[span] - head) < 1e-12


def test_a_class_without_a_support_row_keeps_its_row_of_the_head_and_its_gradient():
    """The expectation is the unrolled loop with that row taken from theta."""
    learner, theta, episode = model_and_episode()
    support = tuple(replace(b, labels=b.labels.clamp(max=1)) for b in episode.support)
    episode = replace(episode, support=support)
    leaf = theta.clone().requires_grad_()
    span = learner.layout.head("three")
    one, two, _ = prototypes(learner, leaf, episode, 3)
    row = leaf[span.start + 32 : span.start + 48]
    last = leaf[span.stop - 1 : span.stop]
    head = torch.cat([2 * one, 2 * two, row, -(one @ one)[None], -(two @ two)[None], last])
    fast = torch.cat([leaf[: span.start], head, leaf[span.stop :]])
    for batch in support:
        (step,) = torch.autograd.grad(learner.loss(fast, batch), fast, create_graph=True)
        fast = fast - INNER["inner_lr"] * step
    (expected,) = torch.autograd.grad(learner.loss(fast, episode.query[0]), leaf)

    found = (
        ProtoMaml(ProtoMamlOptions(**INNER))
        .meta_gradient(learner, {"theta": theta}, episode)
        .directions["theta"]
    )

    encoder = learner.layout.spans()["encoder"]
    assert relative(found[encoder], expected[encoder]) < 1e-10
    place = slice(span.start + 32, span.start + 48)
    assert relative(found[place], expected[place]) < 1e-10
    assert found[span.stop - 1] == pytest.approx(expected[span.stop - 1].item(), rel=1e-10)


def test_where_a_number_is_asked_for_protomaml_is_maml():
    learner, theta, episode = model_and_episode("number")
    maml = Maml(MamlOptions(**INNER)).meta_gradient(learner, {"theta": theta}, episode)

    found = ProtoMaml(ProtoMamlOptions(**INNER)).meta_gradient(learner, {"theta": theta}, episode)

    assert torch.equal(found.directions["theta"], maml.directions["theta"])
