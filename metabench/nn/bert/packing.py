"""Real tokens only: a batch's padding is left out of all arithmetic but the attention's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from metabench.nn.bert.traced import no_type_check

if TYPE_CHECKING:
    from metabench.learning.batch import Batch

__all__ = ["Packing", "packed", "spread"]


@final
@dataclass(frozen=True, slots=True)
class Packing:
    """The places of the real tokens of a padded batch.

    Args:
        rows: rows of the batch.
        width: columns of the batch.
        places: [tokens], ``row * width + column`` of each real token, row by row; None where
            every token is real.
        mask: [rows, width], whether a token is real.
        last: whether a row is represented by its last token instead of its first.
    """

    rows: int
    width: int
    places: Int[Tensor, " tokens"] | None
    mask: Bool[Tensor, "rows width"]
    last: bool = False

    @classmethod
    def of(cls, batch: Batch, *, last: bool = False) -> Packing:
        """Return the packing of a batch; nothing is read back where ``batch.tokens`` is known."""
        mask = batch.attention_mask.bool().contiguous()
        rows, width = mask.shape
        tokens = int(mask.sum()) if batch.tokens is None else batch.tokens
        if tokens == rows * width:
            return cls(rows, width, None, mask, last)
        order = mask.flatten().to(torch.uint8).argsort(descending=True, stable=True)
        return cls(rows, width, order[:tokens], mask, last)

    @property
    def tokens(self) -> int:
        """Real tokens."""
        return self.rows * self.width if self.places is None else len(self.places)

    @property
    def row_of(self) -> Int[Tensor, " tokens"]:
        """The row of each token."""
        if self.places is None:
            rows = torch.arange(self.rows, device=self.mask.device)
            return rows.repeat_interleave(self.width, output_size=self.tokens)
        return self.places // self.width

    @property
    def hidden(self) -> Bool[Tensor, "rows width"] | None:
        """Where there is padding; None where there is none."""
        return None if self.places is None else ~self.mask

    @property
    def columns(self) -> Int[Tensor, " tokens"]:
        """The position of each token in its row."""
        if self.places is None:
            return torch.arange(self.width, device=self.mask.device).repeat(self.rows)
        return self.places % self.width

    @property
    def single(self) -> Packing:
        """The packing of as many rows of one token each."""
        return Packing(self.rows, 1, None, self.mask.new_ones(self.rows, 1))

    @property
    def cls_positions(self) -> Int[Tensor, " rows"]:
        """The index among the packed tokens of the token that represents each row."""
        counts = self.mask.sum(1)
        ends = counts.cumsum(0)
        return ends - 1 if self.last else ends - counts

    def gather(self, values: Tensor) -> Tensor:
        """Return the real tokens of ``values`` [rows, width, …] as [tokens, …]."""
        return packed(values, self.places)

    def spread(self, values: Tensor) -> Tensor:
        """Return packed ``values`` [tokens, …] as [rows, width, …], zero where there is padding."""
        return spread(values, self.places, rows=self.rows, columns=self.width)

    def mean(self, states: Float[Tensor, "tokens width"]) -> Float[Tensor, "rows width"]:
        """Return the mean over each row's tokens."""
        return self.spread(states).sum(1) / self.mask.sum(1, keepdim=True)


@no_type_check
def packed(values: Tensor, places: Tensor | None) -> Tensor:
    """Return ``values`` [rows, columns, …] at ``places`` as [tokens, …]; None: all."""
    flat = values.flatten(0, 1)
    return flat if places is None else flat.index_select(0, places)


@no_type_check
def spread(values: Tensor, places: Tensor | None, *, rows: int, columns: int) -> Tensor:
    """Return packed ``values`` [tokens, …] as [rows, columns, …], zero elsewhere."""
    if places is not None:
        flat = values.new_zeros(rows * columns, *values.shape[1:])
        values = flat.index_copy(0, places, values)
    return values.view(rows, columns, *values.shape[1:])
