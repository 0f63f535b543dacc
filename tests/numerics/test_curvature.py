"""Every way to a Hessian-vector product agrees with double backward through the plain module."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.caching import parts, uses_custom_backward, values_at_a_time
from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.testing import tiny_batch, tiny_episode, tiny_learner
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import MamlOptions

STREAM = Stream.root(23)


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def along(theta):
    generator = STREAM.child("along").torch()
    return torch.randn(theta.shape, generator=generator, dtype=theta.dtype)


def double_backward(learner, theta, batch, vector):
    """Differentiate the learner's own loss twice: no pass of ours but forward."""
    leaf = theta.clone().requires_grad_()
    (first,) = torch.autograd.grad(learner.loss(leaf, batch), leaf, create_graph=True)
    (second,) = torch.autograd.grad((first * vector).sum(), leaf)
    return second


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("task", ["three", "two", "number"])
def test_with_dropout_off_packed_bert_is_transformers_module(task, pooling):
    ours = tiny_learner(pooling=pooling)
    plain = tiny_learner(pooling=pooling, packed=False)
    theta = ours.theta(STREAM)
    batch = tiny_batch(task, STREAM.child(task), dropout=False)

    assert plain.bert is None
    assert torch.allclose(ours.outputs(theta, batch), plain.outputs(theta, batch), atol=1e-14)
    assert relative(ours.gradient(theta, batch), plain.gradient(theta, batch)) < 1e-13
    found = ours.hvp(theta, batch, along(theta))
    assert relative(found, plain.hvp(theta, batch, along(theta))) < 1e-12


@pytest.mark.parametrize("at_a_time", [None, 1, 200], ids=["all rows", "a row", "some rows"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("dropout", [True, False])
@pytest.mark.parametrize("task", ["three", "number"])
def test_passes_agree_with_double_backward(task, dropout, pooling, at_a_time):
    learner = tiny_learner(curvature=Curvature(at_a_time=at_a_time), pooling=pooling)
    theta = learner.theta(STREAM)
    batch = tiny_batch(task, STREAM.child(task), dropout=dropout)
    leaf = theta.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(learner.loss(leaf, batch), leaf)

    assert relative(learner.gradient(theta, batch), gradient) < 1e-13
    expected = double_backward(learner, theta, batch, along(theta))
    assert relative(learner.hvp(theta, batch, along(theta)), expected) < 1e-12


@pytest.mark.parametrize("at_a_time", [None, 200])
@pytest.mark.parametrize("dropout", [True, False])
def test_what_is_kept_changes_no_bit(dropout, at_a_time):
    episode = tiny_episode("three", STREAM, support=3, query=1, dropout=dropout)
    algorithm = Maml(MamlOptions(inner_steps=3, inner_lr=0.1))
    found = []
    for curvature in (
        Curvature(keep="lean", at_a_time=at_a_time),
        Curvature(keep="fast", at_a_time=at_a_time),
        Curvature(keep="auto", memory=10**9, at_a_time=at_a_time),
        Curvature(keep="auto", memory=30_000, at_a_time=at_a_time),  # room for a part of the three
        Curvature(keep="auto", memory=0, at_a_time=at_a_time),
    ):
        learner = tiny_learner(curvature=curvature)
        learner.passes.expect(episode.support)
        blocks = {"theta": learner.theta(STREAM)}
        found.append(algorithm.meta_gradient(learner, blocks, episode).directions["theta"])

    for other in found[1:]:
        assert torch.equal(other, found[0])


def test_a_batch_is_gone_through_in_parts_that_are_small_enough():
    assert [parts(32, values=values, most=100) for values in (1, 100, 101, 999, 10**6)] == [
        1, 1, 2, 10, 32,
    ]  # fmt: skip


@pytest.mark.parametrize("keep", ["auto", "fast", "lean"])
def test_products_may_be_asked_for_again_and_at_another_theta(keep):
    learner = tiny_learner(curvature=Curvature(keep=keep))
    theta = learner.theta(STREAM)
    batch = tiny_batch("two", STREAM)
    learner.passes.expect([batch])
    learner.gradient(theta, batch)
    elsewhere = theta * 1.01

    there = learner.hvp(elsewhere, batch, along(theta))
    here = learner.hvp(theta, batch, along(theta))

    assert torch.equal(learner.hvp(theta, batch, along(theta)), here)
    assert relative(there, double_backward(learner, elsewhere, batch, along(theta))) < 1e-12
    assert relative(here, double_backward(learner, theta, batch, along(theta))) < 1e-12


@pytest.mark.parametrize("task", ["three", "number"])
@pytest.mark.parametrize("dropout", [True, False])
@pytest.mark.parametrize(("way", "bound"), [("central", 1e-7), ("forward", 1e-4)])
def test_differences_of_gradients_are_near_the_product(way, bound, dropout, task):
    """In float64 what is left is the curvature's own change over the distance."""
    learner = tiny_learner(curvature=Curvature(way))
    theta = learner.theta(STREAM)
    batch = tiny_batch(task, STREAM.child(task), dropout=dropout)
    expected = tiny_learner().hvp(theta, batch, along(theta))

    assert relative(learner.hvp(theta, batch, along(theta)), expected) < bound


def test_a_forward_difference_takes_the_gradient_that_is_there():
    learner = tiny_learner(curvature=Curvature("forward"))
    theta = learner.theta(STREAM)
    batch = tiny_batch("two", STREAM)
    anew = learner.hvp(theta, batch, along(theta))
    learner.passes.expect([batch])
    learner.gradient(theta, batch)
    before = learner.counter.gradients

    found = learner.hvp(theta, batch, along(theta))

    assert learner.counter.gradients == before + 1
    assert torch.equal(found, anew)


def test_one_sided_differences_of_neighbours_on_a_path_are_taken_on_opposite_sides():
    learner = tiny_learner(curvature=Curvature("forward"))
    theta = learner.theta(STREAM)
    batches = [tiny_batch("two", STREAM) for _ in range(3)]  # equal rows, so equal products
    exact = tiny_learner().hvp(theta, batches[0], along(theta))
    learner.passes.expect(batches)

    first, second, third = (learner.hvp(theta, batch, along(theta)) for batch in batches)

    assert torch.equal(first, third)
    assert torch.equal(second, -tiny_difference(theta, batches[0], -along(theta)))
    neglected = relative(first, exact)
    assert neglected > 1e-7
    assert relative((first + second) / 2, exact) < neglected / 100


def tiny_difference(theta, batch, vector):
    return tiny_learner(curvature=Curvature("forward")).hvp(theta, batch, vector)


def test_a_held_gradient_leaves_out_the_words_that_its_batch_does_not_hold():
    learner = tiny_learner(curvature=Curvature("forward"))
    theta = learner.theta(STREAM)
    batch = tiny_batch("two", STREAM)
    learner.passes.expect([batch])
    gradient = learner.gradient(theta, batch)
    ((_, kept, _),) = learner.passes._gradients.values()

    held = learner.passes.gradient(theta, batch)

    assert torch.equal(held, gradient)
    assert held is not gradient  # the algorithm may do with its own what it likes
    words = learner.layout.table.shape[0] - len(batch.input_ids.unique())
    heads = sum(bias.stop - weight.start for weight, bias in learner.layout.heads.values())
    others = heads - (learner.layout.head("two").stop - learner.layout.head("two").start)
    width = learner.encoder.width
    assert words > 0
    assert len(kept) == len(theta) - words * width - others
    assert learner.passes.gradient(theta, batch) is None


def test_one_sided_differences_go_through_fewer_rows_only_while_a_paths_gradients_are_held():
    learner = tiny_learner(curvature=Curvature("forward"))
    theta = learner.theta(STREAM)
    batches = [tiny_batch("two", STREAM.child(n)) for n in range(4)]
    learner.passes.expect(batches)
    most = []

    for batch in batches:
        most.append(learner.passes._at_a_time())
        learner.gradient(theta, batch)
    for batch in batches:
        most.append(learner.passes._at_a_time())
        learner.hvp(theta, batch, along(theta))

    many = values_at_a_time("cpu", way=None, keep="")
    few = values_at_a_time("cpu", way="forward", keep="")
    assert few < many
    assert most == [many, many, many, few, few, few, many, many]


@pytest.mark.parametrize("size", [0.0, 1e-200], ids=["zero", "a norm of zero"])
@pytest.mark.parametrize("way", ["central", "forward"])
def test_the_product_with_zero_is_zero(way, size):
    learner = tiny_learner(curvature=Curvature(way))
    theta = learner.theta(STREAM)

    found = learner.hvp(theta, tiny_batch("two", STREAM), torch.full_like(theta, size))

    assert not found.any()


@pytest.mark.parametrize(
    ("way", "device", "autocast", "expected"),
    [
        ("exact", "cpu", False, True),
        ("exact", "cuda", True, True),
        ("central", "cpu", False, True),
        ("central", "cpu", True, False),
        ("forward", "cuda", False, False),
        (None, "cpu", False, False),
    ],
)
def test_gradients_go_by_passes_where_products_do_or_where_they_hold_less(
    way, device, autocast, expected
):
    assert uses_custom_backward(way, device, autocast=autocast) is expected


def test_gradient_checkpointing_of_the_module_is_refused():
    learner = tiny_learner()
    learner.encoder.module.encoder.layer[0].gradient_checkpointing = True

    with pytest.raises(RuntimeError, match="checkpointing makes functional calls silently wrong"):
        type(learner)(learner.encoder, learner.heads, learner.device)
