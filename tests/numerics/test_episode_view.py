"""Leaving out what an episode cannot touch changes no number."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from metabench.learning import Algorithm
from metabench.nn.curvature import Curvature
from metabench.nn.episode_view import view
from metabench.seeding import Stream
from metabench.testing import tiny_episode, tiny_learner
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

STREAM = Stream.root(7)
ALGORITHMS = [
    Joint(JointOptions()),
    Reptile(ReptileOptions(inner_steps=2, inner_lr=0.1)),
    Maml(MamlOptions(inner_steps=2, inner_lr=0.1)),
    Maml(MamlOptions(inner_steps=2, inner_lr=0.1, second_order=False)),
    PartialMaml(PartialMamlOptions(inner_steps=2, inner_lr=0.1, inner_part="head")),
    PartialMaml(PartialMamlOptions(inner_steps=2, inner_lr=0.1, inner_part="body")),
    MetaSgd(MetaSgdOptions(inner_steps=2, inner_lr=0.1)),
    MamlPlusPlus(MamlPlusPlusOptions(inner_steps=2, inner_lr=0.1, first_order_share=0.0)),
    Imaml(ImamlOptions(support_batches=2, inner_steps=3)),
    ProtoMaml(ProtoMamlOptions(inner_steps=2, inner_lr=0.1)),
    PcGrad(PcGradOptions()),
]


def episode_of_few_words(task="three"):
    """Return an episode that holds words 0 to 12 of forty, and says so."""
    episode = tiny_episode(task, STREAM.child(task), support=2, query=1)

    def fewer(batch):
        return replace(batch, input_ids=batch.input_ids % 12 + batch.attention_mask)

    return replace(
        episode,
        support=tuple(map(fewer, episode.support)),
        query=tuple(map(fewer, episode.query)),
        vocabulary=torch.arange(13),
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda algorithm: type(algorithm).__name__)
@pytest.mark.parametrize("task", ["three", "number"])
def test_directions_are_those_of_the_whole_theta(algorithm, task):
    way = algorithm.options.uses_curvature()
    learner = tiny_learner(curvature=Curvature(way) if way else None)
    theta = learner.theta(STREAM)
    episode = episode_of_few_words(task)
    blocks = algorithm.init(learner, theta)
    whole = algorithm.meta_gradient(learner, blocks, episode).directions

    part = view(learner, episode, sparse=True)
    cut = {name: part.take(block) for name, block in blocks.items()}
    small = algorithm.meta_gradient(part.learner, cut, part.episode).directions

    assert type(algorithm).follows_gradients  # which none does unless it says so
    assert not Algorithm.follows_gradients
    assert part.learner.layout.size < learner.layout.size
    for name, direction in whole.items():
        assert torch.allclose(part.put(small[name]), direction, rtol=0, atol=1e-13)


def test_the_part_of_a_vector_comes_back_to_its_places_and_all_else_is_zero():
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    part = view(learner, episode_of_few_words("two"), sparse=True)

    back = part.put(part.take(theta))

    touched = back != 0
    assert torch.equal(back[touched], theta[touched])
    width = learner.encoder.width
    assert not back[13 * width : 40 * width].any()
    assert not back[learner.layout.head("three")].any()
    assert torch.equal(back[learner.layout.head("two")], theta[learner.layout.head("two")])


def test_a_block_that_does_not_lie_along_theta_is_left_alone():
    learner = tiny_learner()
    part = view(learner, episode_of_few_words(), sparse=True)
    rates = torch.ones(3)

    assert part.take(rates) is rates
    assert part.put(rates) is rates


def test_an_algorithm_that_does_not_follow_gradients_sees_all_of_theta():
    learner = tiny_learner()
    part = view(learner, episode_of_few_words(), sparse=False)

    assert part.learner is learner
    assert part.take(torch.ones(learner.layout.size)).numel() == learner.layout.size


def test_what_was_evaluated_is_counted_in_the_whole_learner():
    learner = tiny_learner()
    episode = episode_of_few_words()
    part = view(learner, episode, sparse=True)

    Maml(MamlOptions(inner_steps=2)).meta_gradient(
        part.learner, {"theta": part.take(learner.theta(STREAM))}, part.episode
    )

    assert (learner.counter.gradients, learner.counter.hvps) == (3, 2)
    assert learner.counter.examples == 5 * 4
    batches = [*episode.support, *episode.support, *episode.query]
    assert learner.counter.tokens == sum(int(batch.attention_mask.sum()) for batch in batches)
    assert len(learner.drain_losses()) == 3
