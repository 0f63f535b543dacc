"""The derivatives of softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["softmax_change", "softmax_curve"]


def softmax_change(weights: Tensor, change: Tensor) -> Tensor:
    """Return softmax's derivative (it is symmetric) at ``weights`` times ``change``."""
    product = weights * change
    return product.addcmul_(weights, product.sum(-1, keepdim=True), value=-1)


def softmax_curve(weights: Tensor, dweights: Tensor, bar: Tensor, bar_change: Tensor) -> Tensor:
    """Return how ``softmax_change(weights, bar)`` changes when both its arguments do."""
    inner = (weights * bar).sum(-1, keepdim=True)
    inner_change = (dweights * bar).addcmul_(weights, bar_change).sum(-1, keepdim=True)
    return (bar - inner).mul_(dweights).addcmul_(weights, bar_change - inner_change)
