"""A text's features are those of its own tokens, wherever the padding stands."""

from __future__ import annotations

import pytest
import torch

from metabench.nn.features import pool


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize(("pooling", "expected"), [("cls", 2.0), ("last", 4.0), ("mean", 3.0)])
def test_padding_on_either_side_is_left_out(pooling, side, expected):
    values, real = [2.0, 4.0, 90.0], [True, True, False]
    if side == "left":
        values, real = [90.0, 2.0, 4.0], [False, True, True]

    found = pool(torch.tensor([values])[..., None], torch.tensor([real]), pooling)

    assert found.tolist() == [[expected]]
