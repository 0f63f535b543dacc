"""Attention in the four passes of `metabench.nn.passes.operations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from metabench.nn.passes.softmax import softmax_change, softmax_curve

if TYPE_CHECKING:
    from metabench.nn.passes.operations import Dropout

__all__ = ["Attention"]


@final
class Attention:
    r"""Softmax attention: :math:`y = \mathrm{drop}(\mathrm{softmax}(s\, Q K^\top)) V`.

    Queries, keys and values are [heads of all rows, columns, width of a head] and contiguous; they
    are held, the queries multiplied by s.
    """

    __slots__ = ("_d", "_drop", "_scale", "_x", "back", "dweights", "weights")

    def __init__(self, scale: float, drop: Dropout) -> None:
        self._scale, self._drop = scale, drop
        self._x: tuple[Tensor, Tensor, Tensor]
        self._d: tuple[Tensor, Tensor, Tensor]
        self.weights: Tensor
        self.dweights: Tensor
        self.back: tuple[Tensor, Tensor]

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, *, hidden: Tensor | None
    ) -> Tensor:
        """Return y, of the queries' shape; ``hidden`` marks the masked columns.

        Args:
            query: Q.
            key: K.
            value: V.
            hidden: [rows, columns], or None without masked columns.
        """
        query.mul_(self._scale)
        self._x = query, key, value
        scores = query @ key.mT
        if hidden is not None:
            heads = scores.view(len(hidden), -1, *scores.shape[1:])
            heads.masked_fill_(hidden[:, None, None, :], float("-inf"))
        self.weights = torch.softmax(scores, dim=-1)
        return self._drop(self.weights) @ value

    def tangent(self, dquery: Tensor, dkey: Tensor, dvalue: Tensor) -> Tensor:
        """Return how y changes."""
        query, key, value = self._x
        dquery.mul_(self._scale)
        self._d = dquery, dkey, dvalue
        change = (dquery @ key.mT).baddbmm_(query, dkey.mT)
        self.dweights = softmax_change(self.weights, change)
        return (self._drop(self.dweights) @ value).baddbmm_(self._drop(self.weights), dvalue)

    def backward(self, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the derivatives for queries, keys and values."""
        query, key, value = self._x
        dweights = self._drop(dy @ value.mT)
        self.back = dy, dweights
        dscores = softmax_change(self.weights, dweights)
        return (
            (dscores @ key).mul_(self._scale),
            dscores.mT @ query,
            self._drop(self.weights).mT @ dy,
        )

    def backward_tangent(self, ddy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return how the derivatives for queries, keys and values change."""
        query, key, value = self._x
        dquery, dkey, dvalue = self._d
        dy, bar = self.back
        bar_change = self._drop((ddy @ value.mT).baddbmm_(dy, dvalue.mT))
        scores = softmax_change(self.weights, bar)
        change = softmax_curve(self.weights, self.dweights, bar, bar_change)
        return (
            (change @ key).baddbmm_(scores, dkey).mul_(self._scale),
            (change.mT @ query).baddbmm_(scores.mT, dquery),
            (self._drop(self.dweights).mT @ dy).baddbmm_(self._drop(self.weights).mT, ddy),
        )
