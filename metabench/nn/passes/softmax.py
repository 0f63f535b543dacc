"""The derivatives of softmax over the last dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["softmax_change", "softmax_curve"]


def softmax_change(weights: Tensor, change: Tensor) -> Tensor:
    """Return softmax's derivative (it is symmetric) at ``weights`` times ``change``."""
    kernel = torch.ops.aten._softmax_backward_data  # noqa: SLF001  (its only name)
    product: Tensor = kernel(change, weights, -1, weights.dtype)
    return product


def softmax_curve(weights: Tensor, dweights: Tensor, bar: Tensor, bar_change: Tensor) -> Tensor:
    """Return how ``softmax_change(weights, bar)`` changes when both its arguments do."""
    inner = (weights * bar).sum(-1, keepdim=True)
    bent = (dweights * bar).sum(-1, keepdim=True)
    change = softmax_change(weights, bar_change)
    return change.addcmul_(bar - inner, dweights).addcmul_(weights, bent, value=-1)
