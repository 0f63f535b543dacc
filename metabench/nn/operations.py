r"""The operations of a transformer layer, each with the four passes that curvature is made of.

For an operation :math:`y = f(x, w)` inside a loss L, with a dot for the derivative along a vector
:math:`\dot w` of parameters, and a bar for the derivative of L:

========== ==================================================== =======================
pass       from                                                 to
========== ==================================================== =======================
forward    :math:`x`                                            :math:`y`
tangent    :math:`\dot x`                                       :math:`\dot y`
backward   :math:`\bar y`                                       :math:`\bar x, \bar w`
curve      :math:`\dot{\bar y}`                                 :math:`\dot{\bar x}, \dot{\bar w}`
========== ==================================================== =======================

Forward and backward give the gradient :math:`\bar w`; all four give :math:`\dot{\bar w}`, the
Hessian times :math:`\dot w`. An operation holds what its passes leave for each other. A pass needs
those before it in the table, of the same operation.

Source: Pearlmutter 1994, the R-operator; the passes are its equations 6 to 9, for our operations.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias, final

import torch
from torch import Tensor

from metabench.nn.masks import dropped
from metabench.nn.softmax import softmax_change

if TYPE_CHECKING:
    from metabench.nn.bert import Parameters
    from metabench.nn.masks import Mask

__all__ = ["Dropout", "Gelu", "Linear", "Loss", "Norm", "Sums", "Tanh", "forget"]

Sums: TypeAlias = MutableMapping[str, Tensor]
"""Where derivatives with respect to parameters are written, by the parameter's name."""


@final
class Linear:
    r""":math:`y = x W^\top + b` for x [tokens, in], W [out, in]."""

    __slots__ = ("_bias", "_w", "_weight", "dx", "dy", "x")

    def __init__(self, p: Parameters, name: str) -> None:
        self._weight, self._bias = f"{name}.weight", f"{name}.bias"
        self._w = p
        self.x: Tensor
        self.dx: Tensor
        self.dy: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return y [tokens, out]."""
        self.x = x
        return torch.addmm(self._w[self._bias], x, self._w[self._weight].t())

    def tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        """Return how y changes along a vector of parameters."""
        self.dx = dx
        change = torch.addmm(along[self._bias], self.x, along[self._weight].t())
        return change.addmm_(dx, self._w[self._weight].t())

    def backward(self, dy: Tensor, gradient: Sums | None) -> Tensor:
        """Return the derivative for x; write those for W and b where they are wanted."""
        self.dy = dy
        if gradient is not None:
            torch.mm(dy.t(), self.x, out=gradient[self._weight])
            torch.sum(dy, 0, out=gradient[self._bias])
        return dy @ self._w[self._weight]

    def curve(self, ddy: Tensor, along: Parameters, product: Sums) -> Tensor:
        """Return how the derivative for x changes; write how those for W and b do."""
        torch.mm(ddy.t(), self.x, out=product[self._weight]).addmm_(self.dy.t(), self.dx)
        torch.sum(ddy, 0, out=product[self._bias])
        return (ddy @ self._w[self._weight]).addmm_(self.dy, along[self._weight])


@final
class Norm:
    r"""Layer normalisation: :math:`y = \gamma \hat x + \beta`, x̂ of mean 0 and variance 1."""

    __slots__ = ("_bias", "_w", "_weight", "dhat", "dspread", "dx", "dy", "eps", "hat", "rate")

    def __init__(self, p: Parameters, name: str, *, eps: float) -> None:
        self._weight, self._bias = f"{name}.weight", f"{name}.bias"
        self._w = p
        self.eps = eps
        self.hat: Tensor
        self.rate: Tensor  # 1 / standard deviation
        self.dhat: Tensor
        self.dspread: Tensor  # how the standard deviation changes
        self.dy: Tensor
        self.dx: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return y, of x's shape [tokens, width]."""
        centred = x - x.mean(-1, keepdim=True)
        self.rate = (centred.square().mean(-1, keepdim=True) + self.eps).rsqrt_()
        self.hat = centred.mul_(self.rate)
        return self.value()

    def value(self) -> Tensor:
        """Return y once more."""
        return torch.addcmul(self._w[self._bias], self.hat, self._w[self._weight])

    def tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        """Return how y changes along a vector of parameters."""
        self.dspread = (self.hat * dx).mean(-1, keepdim=True)
        self.dhat = (dx - dx.mean(-1, keepdim=True)).addcmul_(self.hat, self.dspread, value=-1)
        self.dhat.mul_(self.rate)
        return self.change(along)

    def change(self, along: Parameters) -> Tensor:
        """Return how y changes once more."""
        change = torch.addcmul(along[self._bias], self.hat, along[self._weight])
        return change.addcmul_(self.dhat, self._w[self._weight])

    def backward(self, dy: Tensor, gradient: Sums | None) -> Tensor:
        """Return the derivative for x; write those for the scale and the shift."""
        self.dy = dy
        if gradient is not None:
            torch.sum(dy * self.hat, 0, out=gradient[self._weight])
            torch.sum(dy, 0, out=gradient[self._bias])
        dhat = dy * self._w[self._weight]
        inner = (dhat * self.hat).mean(-1, keepdim=True)
        self.dx = (dhat - dhat.mean(-1, keepdim=True)).addcmul_(self.hat, inner, value=-1)
        self.dx.mul_(self.rate)
        return self.dx

    def curve(self, ddy: Tensor, along: Parameters, product: Sums) -> Tensor:
        """Return how the derivative for x changes; write how those for scale and shift do."""
        weight = self._w[self._weight]
        torch.sum((ddy * self.hat).addcmul_(self.dy, self.dhat), 0, out=product[self._weight])
        torch.sum(ddy, 0, out=product[self._bias])
        bar = self.dy * weight
        bar_change = (ddy * weight).addcmul_(self.dy, along[self._weight])
        inner = (bar * self.hat).mean(-1, keepdim=True)
        inner_change = (bar_change * self.hat).addcmul_(bar, self.dhat).mean(-1, keepdim=True)
        change = bar_change - bar_change.mean(-1, keepdim=True)
        change.addcmul_(self.dhat, inner, value=-1).addcmul_(self.hat, inner_change, value=-1)
        return change.addcmul_(self.dx, self.dspread, value=-1).mul_(self.rate)


@final
class Gelu:
    r""":math:`y = x \Phi(x)` with the normal distribution function, value by value."""

    __slots__ = ("dx", "dy", "x")

    def __init__(self) -> None:
        self.x: Tensor
        self.dx: Tensor
        self.dy: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return y, of x's shape."""
        self.x = x
        return self.value()

    def value(self) -> Tensor:
        """Return y once more."""
        return torch.nn.functional.gelu(self.x)

    def tangent(self, dx: Tensor) -> Tensor:
        """Return how y changes."""
        self.dx = dx
        return self._times_slope(dx)

    def backward(self, dy: Tensor) -> Tensor:
        """Return the derivative for x."""
        self.dy = dy
        return self._times_slope(dy)

    def curve(self, ddy: Tensor) -> Tensor:
        """Return how the derivative for x changes; the second derivative is φ(x) (2 - x²)."""
        square = self.x.square()
        second = square.mul(-0.5).exp_().mul_(1 / math.sqrt(2 * math.pi))
        second.mul_(square.neg_().add_(2)).mul_(self.dx).mul_(self.dy)
        return second.add_(self._times_slope(ddy))

    def _times_slope(self, values: Tensor) -> Tensor:
        product: Tensor = torch.ops.aten.gelu_backward(values, self.x)
        return product


@final
class Dropout:
    """Some values stay, multiplied by one over the share that stays."""

    __slots__ = ("_mask",)

    def __init__(self, mask: Mask | None) -> None:
        self._mask = mask

    def __call__(self, values: Tensor) -> Tensor:
        """Return all four passes at once, for the operation is linear and symmetric."""
        return dropped(values, self._mask)


@final
class Tanh:
    r""":math:`y = \tanh x`, value by value."""

    __slots__ = ("_dx", "_dy", "_y")

    def forward(self, x: Tensor) -> Tensor:
        """Return y, of x's shape."""
        self._y = x.tanh()
        return self._y

    def tangent(self, dx: Tensor) -> Tensor:
        """Return how y changes."""
        self._dx = dx
        return dx * (1 - self._y.square())

    def backward(self, dy: Tensor) -> Tensor:
        """Return the derivative for x."""
        self._dy = dy
        return dy * (1 - self._y.square())

    def curve(self, ddy: Tensor) -> Tensor:
        """Return how the derivative for x changes; the second derivative is -2 y (1 - y²)."""
        return (ddy - 2 * self._y * self._dx * self._dy) * (1 - self._y.square())


@final
class Loss:
    """The mean over the rows: cross-entropy of classes, or the square of a number's error."""

    __slots__ = ("_labels", "_z", "regression")

    def __init__(self, labels: Tensor, *, regression: bool) -> None:
        self._labels = labels
        self.regression = regression
        self._z: Tensor

    def forward(self, z: Tensor) -> Tensor:
        """Return the loss of the outputs z [rows, outputs]."""
        self._z = z
        if self.regression:
            return torch.nn.functional.mse_loss(z.squeeze(-1), self._labels.to(z.dtype))
        return torch.nn.functional.cross_entropy(z, self._labels)

    def backward(self) -> Tensor:
        """Return the derivative for z."""
        if self.regression:
            return 2 * (self._z - self._labels.to(self._z.dtype)[:, None]) / len(self._labels)
        bar = self._z.softmax(-1)
        bar[torch.arange(len(bar), device=bar.device), self._labels] -= 1
        return bar / len(self._labels)

    def curve(self, dz: Tensor) -> Tensor:
        """Return how the derivative for z changes."""
        if self.regression:
            return 2 * dz / len(self._labels)
        return softmax_change(self._z.softmax(-1), dz) / len(self._labels)


def forget(operation: object, *names: str) -> None:
    """Let go of what an operation holds under these names, where it holds it."""
    for name in names:
        with suppress(AttributeError):
            delattr(operation, name)
