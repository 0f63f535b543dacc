"""The dropout masks of some rows of a batch, taken from the masks of the whole batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench.nn.bert.masks import Mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.nn.bert.masks import Masks

__all__ = ["BatchMasks", "MaskParts"]


@final
@dataclass(frozen=True, slots=True)
class BatchMasks:
    """The masks of a forward pass, each drawn once for the whole batch.

    Args:
        masks: the source of masks.
        rows: rows of the batch.
        width: its columns.
        tokens: its real tokens.
    """

    masks: Masks
    rows: int
    width: int
    tokens: int
    _drawn: dict[int, Mask | None] = field(default_factory=dict)

    def part(self, site: int, shape: Sequence[int], part: slice, *, rate: float) -> Mask | None:
        """Return the mask of a part along the first dimension of a site's values."""
        if site not in self._drawn:
            self._drawn[site] = self.masks.draw(site, shape, rate=rate)
        whole = self._drawn[site]
        return None if whole is None else Mask(whole.keep[part], whole.scale)


@final
@dataclass(frozen=True, slots=True)
class MaskParts:
    """The masks of some rows.

    Args:
        whole: the masks of their batch.
        rows: the row numbers.
        tokens: their tokens among the batch's real tokens.
    """

    whole: BatchMasks
    rows: slice
    tokens: slice

    def states(self, site: int, *, width: int, rate: float) -> Mask | None:
        """Return the mask of states [tokens, width]."""
        return self.whole.part(site, (self.whole.tokens, width), self.tokens, rate=rate)

    def weights(
        self, site: int, *, heads: int, rate: float, queries: int | None = None
    ) -> Mask | None:
        """Return the mask of attention weights [heads of all rows, queries, columns].

        Without ``queries`` there are as many as columns.
        """
        columns = self.whole.width
        shape = (self.whole.rows, heads, queries or columns, columns)
        mask = self.whole.part(site, shape, self.rows, rate=rate)
        return None if mask is None else Mask(mask.keep.flatten(0, 1), mask.scale)

    def pooled(self, site: int, *, width: int, rate: float) -> Mask | None:
        """Return the mask of the rows' features [rows, width]."""
        return self.whole.part(site, (self.whole.rows, width), self.rows, rate=rate)
