"""Draws of the grammar: uniform numbers from a named stream, and choices made with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, final

from metabench.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Draws"]

ItemT = TypeVar("ItemT")
_BLOCK = 4096


@final
class Draws:
    """A reader of one stream's uniform numbers, in order.

    numpy provides only 53-bit uniform numbers, so that examples do not change with its version.
    """

    def __init__(self, stream: Stream) -> None:
        self._generator = stream.numpy()
        self._block: list[float] = []

    def number(self) -> float:
        """Return the next number in [0, 1)."""
        if not self._block:
            self._block = self._generator.random(_BLOCK).tolist()[::-1]
        return self._block.pop()

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.number() < probability

    def pick(self, items: Sequence[ItemT]) -> ItemT:
        """Return one of the items, each as likely as the others."""
        return items[int(self.number() * len(items))]

    def other(self, items: Sequence[ItemT], *, than: ItemT) -> ItemT:
        """Return one of the items that is not ``than``."""
        return self.pick([item for item in items if item != than])
