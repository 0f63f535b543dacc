"""How far a difference of gradients goes along a vector."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.curvature import step_size


@pytest.mark.parametrize(("way", "share"), [("central", 5e-6), ("forward", 1e-6)])
def test_the_step_is_a_share_of_theta_over_the_length_of_the_vector(way, share):
    theta, vector = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 2.0])

    assert step_size(way, theta, vector).item() == pytest.approx(share * (1 + 5) / 2)


def test_along_a_vector_of_no_length_there_is_no_step():
    assert step_size("forward", torch.ones(2), torch.zeros(2)).item() == 0.0
