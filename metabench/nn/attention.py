"""Attention in the four passes of `metabench.nn.operations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from metabench.nn.softmax import softmax_change, softmax_curve

if TYPE_CHECKING:
    from metabench.nn.operations import Dropout

__all__ = ["Attention"]


@final
class Attention:
    r"""Softmax attention: :math:`y = \mathrm{drop}(\mathrm{softmax}(s\, Q K^\top)) V`.

    Queries, keys and values are [rows, heads, columns, width of a head].
    """

    __slots__ = ("_d", "_drop", "_scale", "_x", "d_scores", "dweights", "weights")

    def __init__(self, scale: float, drop: Dropout) -> None:
        self._scale, self._drop = scale, drop
        self._x: tuple[Tensor, Tensor, Tensor]
        self._d: tuple[Tensor, Tensor, Tensor]
        self.weights: Tensor
        self.dweights: Tensor
        self.d_scores: tuple[Tensor, Tensor, Tensor]

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, *, attended: Tensor | None
    ) -> Tensor:
        """Return y, of the queries' shape; ``attended`` says what may be looked at."""
        self._x = query, key, value
        scores = (query @ key.transpose(-1, -2)).mul_(self._scale)
        if attended is not None:
            scores.masked_fill_(~attended, float("-inf"))
        self.weights = torch.softmax(scores, dim=-1)
        return self._drop(self.weights) @ value

    def tangent(self, dquery: Tensor, dkey: Tensor, dvalue: Tensor) -> Tensor:
        """Return how y changes."""
        query, key, value = self._x
        self._d = dquery, dkey, dvalue
        change = dquery @ key.transpose(-1, -2) + query @ dkey.transpose(-1, -2)
        self.dweights = softmax_change(self.weights, change.mul_(self._scale))
        return self._drop(self.dweights) @ value + self._drop(self.weights) @ dvalue

    def backward(self, dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the derivatives for queries, keys and values."""
        query, key, value = self._x
        dweights = self._drop(dy @ value.transpose(-1, -2))
        dscores = softmax_change(self.weights, dweights)
        self.d_scores = dy, dweights, dscores
        return (
            (dscores @ key).mul_(self._scale),
            (dscores.transpose(-1, -2) @ query).mul_(self._scale),
            self._drop(self.weights).transpose(-1, -2) @ dy,
        )

    def curve(self, ddy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return how the derivatives for queries, keys and values change."""
        query, key, value = self._x
        dquery, dkey, dvalue = self._d
        dy, bar, bar_scores = self.d_scores
        bar_change = self._drop(ddy @ value.transpose(-1, -2) + dy @ dvalue.transpose(-1, -2))
        change = softmax_curve(self.weights, self.dweights, bar, bar_change)
        return (
            (change @ key + bar_scores @ dkey).mul_(self._scale),
            (change.transpose(-1, -2) @ query + bar_scores.transpose(-1, -2) @ dquery).mul_(
                self._scale
            ),
            self._drop(self.dweights).transpose(-1, -2) @ dy
            + self._drop(self.weights).transpose(-1, -2) @ ddy,
        )
