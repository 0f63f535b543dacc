"""A batch that is gone through in parts has the loss and the gradient of the whole."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.testing import tiny_batch, tiny_learner

STREAM = Stream.root(4)


@pytest.mark.parametrize("rows", [2, 5])
@pytest.mark.parametrize("task", ["three", "number"])
def test_the_loss_of_parts_is_the_mean_over_all_examples(task, rows):
    learner = tiny_learner(curvature=Curvature(at_a_time=1))
    theta, batch = learner.theta(STREAM), tiny_batch(task, STREAM, rows=rows)
    leaf = theta.clone().requires_grad_()
    loss = learner.loss(leaf, batch)
    (expected,) = torch.autograd.grad(loss, leaf)

    found = learner.gradient(theta, batch)

    assert learner.losses[-1].item() == pytest.approx(loss.item(), rel=1e-12)
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
