"""Synthetic arguments of a layer, on which it is compiled instead of the first batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor
from torch._dynamo import mark_dynamic

from metabench.nn.bert.layer import Drops, LayerFacts, Lying
from metabench.nn.bert.masks import Mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.nn.bert.layer import LayerFunction

__all__ = ["Example"]

_ROWS, _COLUMNS = 29, 72  # columns are a multiple of eight in a run, and kernels go by that
_SHORTER = 2  # difference in tokens between a row and the one before


@final
@dataclass(frozen=True, slots=True)
class Example:
    """Synthetic arguments of the same form as others, with fixed numbers of rows and columns.

    Sizes that vary between batches are marked as dynamic, so that one compilation serves all. The
    numbers of rows, columns and tokens all differ, so that none is mistaken for another.
    """

    x: Tensor
    weights: tuple[Tensor, ...]
    drops: Drops
    lying: Lying
    facts: LayerFacts

    @classmethod
    def like(
        cls, x: Tensor, weights: Sequence[Tensor], drops: Drops, *, lying: Lying, facts: LayerFacts
    ) -> Example:
        """Return an example for arguments, which are not read."""
        lengths = torch.arange(_ROWS, device=x.device).neg().mul(_SHORTER).add(_COLUMNS)
        if lying.places is None:
            lengths = torch.full_like(lengths, _COLUMNS)
        mask = torch.arange(_COLUMNS, device=x.device) < lengths[:, None]
        cls_only = lengths.cumsum(0) - lengths
        places = mask.flatten().nonzero().flatten()
        states = torch.linspace(-1, 1, len(places), dtype=x.dtype, device=x.device)
        asked = lying.cls_positions is not None
        return cls(
            _varying(states[:, None].repeat(1, x.shape[1])).requires_grad_(),
            tuple(torch.full_like(w, 0.01).requires_grad_() for w in weights),
            _kept(drops, mask, tokens=len(places), cls_only=asked),
            Lying(
                _varying(mask, 0, 1),
                None if lying.places is None else _varying(places),
                _varying(cls_only) if asked else None,
            ),
            facts,
        )

    def gradient(self, run: LayerFunction) -> tuple[Tensor, ...]:
        """Return the gradient of the sum of a layer's output, by its input and its parameters."""
        out = run(self.x, self.weights, self.drops, lying=self.lying, facts=self.facts)
        return torch.autograd.grad(out.sum(), (self.x, *self.weights))


def _kept(drops: Drops, mask: Tensor, *, tokens: int, cls_only: bool) -> Drops:
    """Return masks of the same kinds, for other rows and columns, that drop nothing."""
    rows, columns = mask.shape
    states = rows if cls_only else tokens

    def ones(drop: Mask | None, sizes: Mapping[int, int]) -> Mask | None:
        if drop is None:
            return None
        shape = [sizes.get(dim, size) for dim, size in enumerate(drop.keep.shape)]
        return Mask(_varying(mask.new_ones(shape), *sizes), drop.scale)

    queries = {} if cls_only else {2: columns}
    return Drops(
        ones(drops.weights, {0: rows, 3: columns, **queries}),
        ones(drops.attended, {0: states}),
        ones(drops.out, {0: states}),
    )


def _varying(values: Tensor, *dims: int) -> Tensor:
    """Return a tensor whose sizes along ``dims`` (the first) are marked as dynamic."""
    for dim in dims or (0,):
        mark_dynamic(values, dim)
    return values
