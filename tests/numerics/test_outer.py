"""The laws of the outer optimizer."""

from __future__ import annotations

import torch

from metabench.engine.outer import OuterOptimizer
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaOptimizer

STREAM = Stream.root(5)
ENCODER, HEAD = slice(0, 6), slice(6, 9)


def draw(*parts):
    return torch.randn(9, generator=STREAM.child(*parts).torch(), dtype=torch.float64)


def test_it_is_torchs_adam_where_every_slice_takes_part():
    settings = MetaOptimizer(lr=0.01, betas=(0.8, 0.99), eps=1e-6)
    optimizer = OuterOptimizer(settings, {"theta": 0.01})
    theta = draw("theta")
    leaf = theta.clone().requires_grad_()
    reference = torch.optim.Adam([leaf], lr=0.01, betas=(0.8, 0.99), eps=1e-6)
    for step in range(5):
        leaf.grad = draw("direction", step)
        reference.step()
        spans = {"theta": {"encoder": ENCODER, "head": HEAD}}
        optimizer.step({"theta": theta}, {"theta": leaf.grad}, spans)

    assert torch.allclose(theta, leaf.detach(), rtol=0, atol=1e-12)


def test_a_slice_that_takes_no_part_keeps_values_moments_and_count():
    """A head drawn in steps 0 and 3 moves as if steps 1 and 2 had not been."""
    settings = MetaOptimizer(lr=0.01)
    with_gap, without_gap = (OuterOptimizer(settings, {}) for _ in range(2))
    theta, other = draw("theta"), draw("theta")
    both = {"theta": {"encoder": ENCODER, "head": HEAD}}
    encoder_only = {"theta": {"encoder": ENCODER}}
    for step, spans in enumerate([both, encoder_only, encoder_only, both]):
        with_gap.step({"theta": theta}, {"theta": draw("direction", step)}, spans)
    for step in (0, 3):
        without_gap.step({"theta": other}, {"theta": draw("direction", step)}, both)

    assert torch.equal(theta[HEAD], other[HEAD])
    assert not torch.equal(theta[ENCODER], other[ENCODER])


def test_adam_takes_a_displacement_for_the_gradient_that_it_is_a_multiple_of():
    """Else its epsilon would shorten what is displaced by little."""
    settings = MetaOptimizer(lr=0.01, eps=1e-3)
    gradient = draw("direction")
    along_gradient, displaced = torch.zeros(9).double(), torch.zeros(9).double()
    OuterOptimizer(settings, {}).step({"theta": along_gradient}, {"theta": gradient}, {})

    OuterOptimizer(settings, {}, {"theta": 5e-6}).step(
        {"theta": displaced}, {"theta": 5e-6 * gradient}, {}
    )

    assert torch.allclose(displaced, along_gradient, rtol=0, atol=1e-15)


def test_sgd_goes_the_whole_displacement_whatever_its_scale():
    theta = torch.zeros(1)

    OuterOptimizer(MetaOptimizer(name="sgd", lr=0.5), {}, {"theta": 1e-3}).step(
        {"theta": theta}, {"theta": torch.ones(1)}, {}
    )

    assert theta.item() == -0.5


def test_sgd_is_a_step_along_the_direction():
    optimizer = OuterOptimizer(MetaOptimizer(name="sgd", lr=0.5), {})
    theta = torch.ones(3, dtype=torch.float64)

    optimizer.step({"theta": theta}, {"theta": torch.tensor([1.0, 2.0, 4.0]).double()}, {})

    assert theta.tolist() == [0.5, 0.0, -1.0]


def test_blocks_have_learning_rates_of_their_own():
    optimizer = OuterOptimizer(MetaOptimizer(name="sgd", lr=0.5), {"rates": 2.0})
    blocks = {"theta": torch.zeros(1), "rates": torch.zeros(1)}

    optimizer.step(blocks, {"theta": torch.ones(1), "rates": torch.ones(1)}, {})

    assert blocks["theta"].item() == -0.5
    assert blocks["rates"].item() == -2.0
