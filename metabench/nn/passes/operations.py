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
Hessian times :math:`\dot w`. An operation keeps the activations that its passes share. A pass needs
those before it in the table, of the same operation. Derivatives for parameters are accumulated, so
that the rows of a batch may be processed a few at a time.

Source: Pearlmutter 1994, the R-operator; the passes are its equations 6 to 9, for our operations.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias, final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from metabench.nn.bert.masks import dropped
from metabench.nn.passes.softmax import softmax_change

if TYPE_CHECKING:
    from metabench.nn.bert.encoder import Parameters
    from metabench.nn.bert.masks import Mask

__all__ = ["Dropout", "Linear", "Loss", "Norm", "Sums", "Tanh", "forget"]

Sums: TypeAlias = MutableMapping[str, Tensor]
"""Where derivatives with respect to parameters are added, by the parameter's name.

Parameters that are not trained are missing here, and in vectors along the parameters.
"""


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
        weight, bias = along.get(self._weight), along.get(self._bias)
        if weight is None:
            change = dx @ self._w[self._weight].t()
            return change if bias is None else change.add_(bias)
        change = self.x @ weight.t() if bias is None else torch.addmm(bias, self.x, weight.t())
        return change.addmm_(dx, self._w[self._weight].t())

    def backward(
        self, dy: Tensor, gradient: Sums | None, *, residual: Tensor | None = None
    ) -> Tensor:
        """Return the derivative for x plus ``residual``; add those for W and b where wanted."""
        self.dy = dy
        if gradient is not None and self._weight in gradient:
            gradient[self._weight].addmm_(dy.t(), self.x)
        if gradient is not None and self._bias in gradient:
            gradient[self._bias].add_(dy.sum(0))
        weight = self._w[self._weight]
        return dy @ weight if residual is None else torch.addmm(residual, dy, weight)

    def backward_tangent(
        self, ddy: Tensor, along: Parameters, product: Sums, *, residual: Tensor | None = None
    ) -> Tensor:
        """Return the tangent of the derivative for x plus ``residual``; add those for W and b."""
        if self._bias in product:
            product[self._bias].add_(ddy.sum(0))
        weight = self._w[self._weight]
        change = ddy @ weight if residual is None else torch.addmm(residual, ddy, weight)
        if self._weight not in product:
            return change
        product[self._weight].addmm_(ddy.t(), self.x).addmm_(self.dy.t(), self.dx)
        return change.addmm_(self.dy, along[self._weight])


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
        self.hat, _, self.rate = torch.native_layer_norm(x, x.shape[-1:], None, None, self.eps)
        return self.value()

    def value(self) -> Tensor:
        """Return y once more."""
        return torch.addcmul(self._w[self._bias], self.hat, self._w[self._weight])

    def tangent(self, dx: Tensor, along: Parameters) -> Tensor:
        """Return how y changes along a vector of parameters."""
        self.dspread = (self.hat * dx).mean(-1, keepdim=True)
        self.dhat = self._across(dx).mul_(self.rate)
        weight, bias = along.get(self._weight), along.get(self._bias)
        if weight is None:
            change = self.dhat * self._w[self._weight]
            return change if bias is None else change.add_(bias)
        change = self.hat * weight if bias is None else torch.addcmul(bias, self.hat, weight)
        return change.addcmul_(self.dhat, self._w[self._weight])

    def backward(self, dy: Tensor, gradient: Sums | None) -> Tensor:
        """Return the derivative for x; add those for the scale and the shift."""
        self.dy = dy
        if gradient is not None and self._weight in gradient:
            gradient[self._weight].add_((dy * self.hat).sum(0))
        if gradient is not None and self._bias in gradient:
            gradient[self._bias].add_(dy.sum(0))
        self.dx = self._across(dy * self._w[self._weight]).mul_(self.rate)
        return self.dx

    def backward_tangent(self, ddy: Tensor, along: Parameters, product: Sums) -> Tensor:
        """Return how the derivative for x changes; add how those for scale and shift do."""
        weight = self._w[self._weight]
        if self._weight in product:
            product[self._weight].add_((ddy * self.hat).addcmul_(self.dy, self.dhat).sum(0))
        if self._bias in product:
            product[self._bias].add_(ddy.sum(0))
        bar = self.dy * weight
        inner = (bar * self.hat).mean(-1, keepdim=True)
        bent = (bar * self.dhat).mean(-1, keepdim=True)
        scaled = ddy * weight
        if self._weight in along:
            scaled.addcmul_(self.dy, along[self._weight])
        change = self._across(scaled)
        change.addcmul_(self.dhat, inner, value=-1).addcmul_(self.hat, bent, value=-1)
        return change.addcmul_(self.dx, self.dspread, value=-1).mul_(self.rate)

    def _across(self, values: Tensor) -> Tensor:
        r"""Return the values without their mean and their component along :math:`\hat x`.

        It is the derivative of a norm whose input is already x̂, which torch has in one kernel.
        """
        hat, shape = self.hat, self.hat.shape[-1:]
        mean, rate = torch.zeros_like(self.rate), torch.ones_like(self.rate)
        wanted = [True, False, False]
        kernel = torch.ops.aten.native_layer_norm_backward
        across: Tensor = kernel(values, hat, shape, mean, rate, None, None, wanted)[0]
        return across


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

    def backward_tangent(self, ddy: Tensor) -> Tensor:
        """Return how the derivative for x changes; the second derivative is -2 y (1 - y²)."""
        return (ddy - 2 * self._y * self._dx * self._dy) * (1 - self._y.square())


@final
class Loss:
    """The mean over all rows: cross-entropy of classes, or the square of a number's error.

    Args:
        labels: the labels of the current rows.
        rows: the number of rows in the whole batch.
        regression: whether labels are numbers.
    """

    __slots__ = ("_labels", "_rows", "_z", "regression")

    def __init__(self, labels: Tensor, *, rows: int, regression: bool) -> None:
        self._labels, self._rows = labels, rows
        self.regression = regression
        self._z: Tensor

    def forward(self, z: Tensor) -> Tensor:
        """Return the share in the loss of these rows' outputs z [rows, outputs]."""
        self._z = z
        if self.regression:
            loss = mse_loss(z.squeeze(-1), self._labels.to(z.dtype), reduction="sum")
        else:
            loss = cross_entropy(z, self._labels, reduction="sum")
        return loss / self._rows

    def backward(self) -> Tensor:
        """Return the derivative for z."""
        if self.regression:
            return 2 * (self._z - self._labels.to(self._z.dtype)[:, None]) / self._rows
        bar = self._z.softmax(-1)
        bar[torch.arange(len(bar), device=bar.device), self._labels] -= 1
        return bar / self._rows

    def backward_tangent(self, dz: Tensor) -> Tensor:
        """Return how the derivative for z changes."""
        if self.regression:
            return 2 * dz / self._rows
        return softmax_change(self._z.softmax(-1), dz) / self._rows


def forget(operation: object, *names: str) -> None:
    """Free the values that an operation holds under these names."""
    for name in names:
        with suppress(AttributeError):
            delattr(operation, name)
