"""The laws of the flat-vector learner."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from metabench.learning import Learner
from metabench.seeding import Stream
from metabench.testing import QuadraticLearner, tiny_batch, tiny_learner

STREAM = Stream.root(11)


def test_it_is_a_learner():
    assert isinstance(tiny_learner(), Learner)
    assert isinstance(QuadraticLearner(torch.eye(3)), Learner)


def test_equal_batches_have_equal_losses_with_dropout_on():
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    batch = tiny_batch("two", STREAM)

    assert torch.equal(learner.loss(theta, batch), learner.loss(theta, batch))
    assert not torch.equal(
        learner.loss(theta, batch), learner.loss(theta, tiny_batch("two", STREAM, dropout=False))
    )


def test_a_loss_leaves_the_global_generator_where_it_was():
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    before = torch.random.get_rng_state()

    learner.gradient(theta, tiny_batch("two", STREAM))

    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("task", ["three", "two", "number"])
def test_the_gradient_is_that_of_the_loss(task):
    learner = tiny_learner()
    theta = learner.theta(STREAM).requires_grad_()
    batch = tiny_batch(task, STREAM)
    (expected,) = torch.autograd.grad(learner.loss(theta, batch), theta)

    assert torch.allclose(learner.gradient(theta.detach(), batch), expected, rtol=0, atol=1e-14)


def test_the_gradient_is_zero_outside_the_span_and_unchanged_inside():
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    batch = tiny_batch("two", STREAM)
    whole = learner.gradient(theta, batch)
    head = learner.spans("two")["head"]

    part = learner.gradient(theta, batch, span=head)

    assert torch.equal(part[head], whole[head])
    assert part.count_nonzero() <= head.stop - head.start


def test_the_hessian_vector_product_is_the_derivative_of_the_gradient():
    learner = tiny_learner()
    theta = learner.theta(STREAM)
    batch = tiny_batch("three", STREAM)
    vector = torch.randn(theta.shape, generator=STREAM.child("v").torch(), dtype=theta.dtype)
    h = 1e-5
    expected = (
        learner.gradient(theta + h * vector, batch) - learner.gradient(theta - h * vector, batch)
    ) / (2 * h)

    found = learner.hvp(theta, batch, vector)

    assert ((found - expected).norm() / expected.norm()).item() < 1e-6


def test_a_first_order_learner_refuses_curvature():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)

    with pytest.raises(RuntimeError, match="first-order"):
        learner.hvp(theta, tiny_batch("two", STREAM), theta)


def test_spans_tile_the_vector():
    learner = tiny_learner()
    places = [*learner.layout.encoder, *(p for h in learner.layout.heads.values() for p in h)]

    assert places[0].start == 0
    assert all(a.stop == b.start for a, b in pairwise(places))
    assert places[-1].stop == learner.layout.size == learner.theta(STREAM).numel()
    assert set(learner.spans("two")) == {"encoder", "embeddings", "layer 0", "layer 1", "head"}


def test_a_task_gets_the_same_fresh_head_whatever_other_tasks_there_are():
    learner = tiny_learner()
    head = learner.fresh_head("two", STREAM)

    assert torch.equal(learner.theta(STREAM)[learner.layout.head("two")], head)
    assert not torch.equal(learner.fresh_head("two", Stream.root(12)), head)
