"""The part of theta that a batch can touch: no embeddings of other words, no other heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

if TYPE_CHECKING:
    from metabench.nn.layout import Layout

__all__ = ["Touched"]


@final
@dataclass(frozen=True, slots=True)
class Touched:
    """The part of vectors along theta that is not zero in a gradient of some rows.

    Args:
        layout: theta's, with word embeddings.
        task: the task of the head.
        vocabulary: [words], the numbers of the words in the rows.
    """

    layout: Layout
    task: str
    vocabulary: Tensor

    def take(self, block: Tensor) -> Tensor:
        """Return the part [Q] of a vector along theta [P]."""
        words, end, head = self._places()
        rows = block[words].view(-1, self._width).index_select(0, self.vocabulary)
        return torch.cat(
            [block[: words.start], rows.flatten(), block[words.stop : end], block[head]]
        )

    def put(self, part: Tensor) -> Tensor:
        """Return a part [Q] in its places along theta [P], with zero elsewhere."""
        words, end, head = self._places()
        whole = part.new_zeros(self.layout.size)
        count = len(self.vocabulary) * self._width
        rows = part[words.start : words.start + count].view(-1, self._width)
        whole[words].view(-1, self._width).index_copy_(0, self.vocabulary, rows)
        whole[: words.start] = part[: words.start]
        rest = end - words.stop
        whole[words.stop : end] = part[words.start + count : words.start + count + rest]
        whole[head] = part[words.start + count + rest :]
        return whole

    @property
    def _width(self) -> int:
        return self.layout.table.shape[1]

    def _places(self) -> tuple[slice, int, slice]:
        layout = self.layout
        return layout.table.span, layout.encoder[-1].stop, layout.head(self.task)
