"""Layers that are compiled: the gradients of plain ones, few compilations, a plain way out."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import pytest
import torch
from torch._dynamo.utils import counters

from metabench.ambient import Ambient
from metabench.engine.finetune import FineTuning
from metabench.learning import Batch
from metabench.nn.bert.compiled import CompiledLayer
from metabench.seeding import Stream
from metabench.spec.model.sections import FineTuneOptimizer
from metabench.testing import tiny_batch, tiny_learner

STREAM = Stream.root(23)
ROUNDING = 1e-12
NEEDS_COMPILER = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch compiles through C++"
)


@pytest.fixture(scope="module")
def compiler():
    """What compiles layers: a form for all tests here, each of which takes half a minute."""
    compiler = CompiledLayer()
    compiler.check()  # whatever is imported is imported now
    return compiler


@pytest.fixture(scope="module")
def kept(compiler):
    """What compiling a form changed of what the process shares."""
    _, compiled = pair(compiler)
    theta, batch = compiled.theta(STREAM), tiny_batch("two", STREAM)
    before = Ambient()
    compiled.gradient(theta, batch)
    return before.restore()


def pair(compiler, **how):
    """Return a learner of plain layers and the same one of compiled layers."""
    plain = tiny_learner(curvature=None, **how)
    return plain, replace(plain, compiled=compiler, losses=[])


def traced(**how):
    """Return the same pair, the second traced and guarded, and computed as it is."""
    plain = tiny_learner(curvature=None, **how)
    return plain, replace(plain, compiled=CompiledLayer("aot_eager"), losses=[])


def full(batch: Batch) -> Batch:
    """Return a batch without padding."""
    ids = batch.input_ids.clamp(min=1)
    return replace(batch, input_ids=ids, attention_mask=torch.ones_like(batch.attention_mask))


def columns(batch: Batch, count: int) -> Batch:
    """Return the first columns of a batch."""
    return replace(
        batch,
        input_ids=batch.input_ids[:, :count],
        attention_mask=batch.attention_mask[:, :count],
        token_type_ids=batch.token_type_ids[:, :count],
    )


def distance(one, other, batch):
    """Return how far two gradients of a batch are apart, in multiples of the first's length."""
    theta = one.theta(STREAM)
    found, expected = other.gradient(theta, batch), one.gradient(theta, batch)
    return ((found - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("dropout", [True, False])
def test_traced_gradients_are_plain_ones(dropout, padded, pooling):
    plain, compiled = traced(pooling=pooling)
    batch = tiny_batch("three", STREAM, rows=5, dropout=dropout)

    assert distance(plain, compiled, batch if padded else full(batch)) < 1e-14
    assert compiled.compiled.holds


@NEEDS_COMPILER
@pytest.mark.slow
def test_compiled_gradients_are_plain_ones_to_rounding(compiler, kept):
    plain, compiled = pair(compiler)

    assert 0 < distance(plain, compiled, tiny_batch("two", STREAM, rows=5)) < ROUNDING
    assert 0 < distance(plain, compiled, tiny_batch("three", STREAM, rows=3)) < ROUNDING
    assert compiled.compiled.holds


@NEEDS_COMPILER
@pytest.mark.slow
def test_fine_tuning_with_compiled_layers_is_plain_fine_tuning_to_rounding(compiler, kept):
    settings = FineTuneOptimizer(lr=0.01, warmup=0.3)
    batches = [tiny_batch("two", STREAM.child(n), rows=2 + n) for n in range(5)]
    losses = []
    for learner in pair(compiler):
        training = FineTuning(learner, "two", settings, len(batches))
        steps = training.run(learner.theta(STREAM), batches)
        losses.append([done.scalars["loss"] for done in steps])

    assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    assert losses[1] != losses[0]


def test_batches_of_any_length_go_through_what_was_compiled_once_for_each_form():
    plain, compiled = traced(pooling="cls")
    counters.clear()
    batches = [
        columns(tiny_batch("two", STREAM.child(n), rows=2 + n % 5), 4 + n % 4) for n in range(20)
    ]

    far = [distance(plain, compiled, batch) for batch in batches]

    assert max(far) < 1e-14
    assert counters["stats"]["unique_graphs"] <= 4
    assert compiled.compiled.uses == len(batches) * compiled.bert.layers, "none went plainly"


@NEEDS_COMPILER
@pytest.mark.slow
def test_what_was_compiled_does_not_depend_on_which_batch_came_first():
    batches = [tiny_batch("two", STREAM.child(n), rows=3 + n) for n in range(3)]
    gradients = []
    for order in (batches, batches[::-1]):
        _, compiled = pair(CompiledLayer())
        found = {id(b): compiled.gradient(compiled.theta(STREAM), b) for b in order}
        gradients.append([found[id(batch)] for batch in batches])

    assert all(map(torch.equal, *gradients))


def test_a_batch_of_one_row_is_computed_plainly():
    plain, compiled = traced()
    theta = plain.theta(STREAM)
    compiled.gradient(theta, tiny_batch("two", STREAM))
    counters.clear()
    batch = tiny_batch("two", STREAM, rows=1)

    assert torch.equal(compiled.gradient(theta, batch), plain.gradient(theta, batch))
    assert not counters["stats"]
    assert compiled.compiled.uses == compiled.bert.layers, "those of the batch before"


def test_where_compiling_fails_gradients_are_plain_and_the_reason_is_kept():
    plain = tiny_learner(curvature=None)
    broken = CompiledLayer("no_such_compiler")
    learner = replace(plain, compiled=broken, losses=[])
    theta, batch = plain.theta(STREAM), tiny_batch("two", STREAM)

    assert torch.equal(learner.gradient(theta, batch), plain.gradient(theta, batch))
    assert not broken.holds
    assert "no_such_compiler" in broken.failure


@NEEDS_COMPILER
@pytest.mark.slow
def test_compiling_leaves_what_the_process_shares_as_it_was(compiler, kept):
    assert kept == ()
    assert compiler.uses


def test_losses_and_features_can_be_differentiated_twice_beside_compiled_gradients():
    plain, compiled = traced()
    theta = plain.theta(STREAM).requires_grad_()
    batch = tiny_batch("two", STREAM)
    seconds = []
    for learner in (plain, compiled):
        (first,) = torch.autograd.grad(learner.loss(theta, batch), theta, create_graph=True)
        seconds.append(torch.autograd.grad(first.square().sum(), theta)[0])

    assert torch.equal(*seconds)


def test_a_gradient_of_a_part_is_computed_plainly():
    plain, compiled = traced()
    theta, batch = plain.theta(STREAM), tiny_batch("two", STREAM)
    head = plain.spans("two")["head"]

    assert torch.equal(
        compiled.gradient(theta, batch, span=head), plain.gradient(theta, batch, span=head)
    )
    assert not compiled.compiled.holds
