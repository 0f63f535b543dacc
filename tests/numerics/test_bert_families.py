"""The laws of BERT's family: custom passes are what autograd makes of the same forward pass."""

from __future__ import annotations

import pytest
import torch
from kit.zoo import tiny_config

from metabench.nn.curvature import Curvature
from metabench.nn.encoder import Encoder, build_module
from metabench.nn.learner import TransformerLearner
from metabench.nn.passes.gelu import Gelu
from metabench.nn.seeded import seeded
from metabench.seeding import Stream
from metabench.testing import tiny_batch
from metabench.testing.tiny import TINY_HEADS

CPU = torch.device("cpu")
STREAM = Stream.root(12)
CASES = [
    ("albert", "cls"), ("albert", "mean"), ("albert", "pooler"), ("distilbert", "cls"),
    ("distilbert", "mean"), ("electra", "last"), ("electra", "mean"), ("ernie", "pooler"),
    ("roberta", "last"), ("roberta", "pooler"), ("roberta", "mean"),
]  # fmt: skip


def learner(kind, pooling, *, keep="auto", memory=None):
    config = tiny_config(kind)
    for name in ("attention_probs_dropout_prob", "hidden_dropout_prob"):
        if hasattr(config, name):
            setattr(config, name, 0.1)
    with seeded(3, CPU):
        module = build_module(config)
        for value in module.parameters():
            torch.nn.init.normal_(value, std=0.2)
    if pooling != "pooler" and hasattr(module, "pooler"):
        module.pooler = None
    types = getattr(config, "type_vocab_size", 0) > 1
    encoder = Encoder(module.double(), pooling, config.hidden_size, 0.1, 0.2, types)
    curvature = Curvature(keep=keep, memory=memory, at_a_time=32)  # two rows at a time
    return TransformerLearner(encoder, TINY_HEADS, CPU, curvature=curvature)


@pytest.mark.parametrize("dropout", [True, False])
@pytest.mark.parametrize(("kind", "pooling"), CASES)
def test_gradients_and_products_are_those_of_autograd(kind, pooling, dropout):
    for keep, memory in (("fast", None), ("lean", None), ("auto", 1 << 13)):
        made = learner(kind, pooling, keep=keep, memory=memory)
        theta = made.theta(STREAM)
        batch = tiny_batch("three", STREAM, dropout=dropout)
        vector = torch.randn(theta.shape, generator=STREAM.torch(), dtype=theta.dtype)
        point = theta.clone().requires_grad_()
        (slope,) = torch.autograd.grad(made.loss(point, batch), point, create_graph=True)
        (expected,) = torch.autograd.grad(slope @ vector, point)

        made.passes.expect([batch])
        gradient = made.gradient(theta, batch)
        product = made.hvp(theta, batch, vector)

        assert made.bert is not None
        assert (gradient - slope).norm() <= 1e-12 * slope.norm()
        assert (product - expected).norm() <= 1e-11 * expected.norm()


@pytest.mark.parametrize("form", ["none", "tanh"])
def test_both_forms_of_gelu_have_their_own_second_derivative(form):
    x, dx, dy, ddy = torch.randn((4, 50), generator=STREAM.torch(), dtype=torch.float64) * 3
    operation = Gelu(form)
    point = x.clone().requires_grad_()
    value = torch.nn.functional.gelu(point, approximate=form)
    (slope,) = torch.autograd.grad(value, point, torch.ones_like(x), create_graph=True)
    (second,) = torch.autograd.grad(slope, point, torch.ones_like(x))

    assert torch.allclose(operation.forward(x), value, atol=1e-14)
    assert torch.allclose(operation.tangent(dx), slope * dx, atol=1e-14)
    assert torch.allclose(operation.backward(dy), slope * dy, atol=1e-14)
    expected = second * dx * dy + slope * ddy
    assert torch.allclose(operation.backward_tangent(ddy), expected, atol=1e-12)
