"""GELU and its approximation, in the four passes of `metabench.nn.passes.operations`."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import gelu

__all__ = ["Gelu"]

_CUBIC = 0.044715  # of the approximation


@final
class Gelu:
    r""":math:`y = x \Phi(x)` with the normal distribution function, value by value.

    Args:
        form: ``tanh`` for the approximation :math:`\Phi(x) \approx (1 + \tanh u) / 2`,
            :math:`u = \sqrt{2 / \pi} (x + 0.044715 x^3)`; else ``none``.
    """

    __slots__ = ("_form", "dx", "dy", "x")

    def __init__(self, form: str = "none") -> None:
        self._form = form
        self.x: Tensor
        self.dx: Tensor
        self.dy: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return y, of x's shape."""
        self.x = x
        return self.value()

    def value(self) -> Tensor:
        """Return y once more."""
        return gelu(self.x, approximate=self._form)

    def tangent(self, dx: Tensor) -> Tensor:
        """Return how y changes."""
        self.dx = dx
        return self.times_slope(dx)

    def backward(self, dy: Tensor) -> Tensor:
        """Return the derivative for x."""
        self.dy = dy
        return self.times_slope(dy)

    def backward_tangent(self, ddy: Tensor) -> Tensor:
        """Return how the derivative for x changes."""
        second = self._second().mul_(self.dx).mul_(self.dy)
        return second.add_(self.times_slope(ddy))

    def times_slope(self, values: Tensor) -> Tensor:
        """Return the values times the derivative."""
        kernel = torch.ops.aten.gelu_backward
        product: Tensor = kernel(values, self.x, approximate=self._form)
        return product

    def _second(self) -> Tensor:
        """Return the second derivative: φ(x) (2 - x²), or that of the approximation."""
        square = self.x.square()
        if self._form == "none":
            second = square.mul(-0.5).exp_().mul_(1 / math.sqrt(2 * math.pi))
            return second.mul_(square.neg_().add_(2))
        rate = math.sqrt(2 / math.pi)
        slope = square.mul(3 * _CUBIC * rate).add_(rate)  # of u
        bend = self.x * (6 * _CUBIC * rate)
        level = (self.x * square.mul_(_CUBIC).add_(1)).mul_(rate).tanh_()
        inner = bend.addcmul_(level, slope.square(), value=-2).mul_(self.x).mul_(0.5)
        return inner.add_(slope).mul_(level.square_().neg_().add_(1))
