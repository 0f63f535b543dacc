"""Which cell comes next: needs first, then the stages in order, long cells before short ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, final

from metabench.session.estimate.counts import cell_counts

if TYPE_CHECKING:
    from metabench.plan.cell import Cell

__all__ = ["CellQueue", "cost"]


@final
class CellQueue:
    """Cells that wait for others or for a worker.

    Args:
        cells: what is to be run.
        done: keys of the cells that are done already.
    """

    def __init__(self, cells: Iterable[Cell], done: Iterable[str]) -> None:
        self._waiting: dict[str, Cell] = {cell.key: cell for cell in cells}
        self._done = set(done)

    def __len__(self) -> int:
        """Return how many cells have not been taken."""
        return len(self._waiting)

    def take(self) -> Cell | None:
        """Return the next cell whose needs are done; None where there is none now."""
        ready = [cell for cell in self._waiting.values() if self._done.issuperset(cell.needs)]
        if not ready:
            return None
        return self._waiting.pop(min(ready, key=_rank).key)

    def finish(self, key: str) -> None:
        """Note that a cell is done."""
        self._done.add(key)

    def drop(self) -> list[Cell]:
        """Forget the cells that are left, and return them: what they need has failed."""
        left = list(self._waiting.values())
        self._waiting.clear()
        return left


def cost(cell: Cell, *, keep: str = "auto") -> float:
    """Return about how many gradients of a batch training a cell takes, by products of matrices.

    ``keep`` is ``compute.curvature``: what exact second derivatives may keep.
    """
    return cell_counts(cell, keep=keep).cost


def _rank(cell: Cell) -> tuple[int, float, str]:
    stage = ("pretrain", "meta", "adapt").index(cell.kind)
    return stage, -cost(cell), cell.name
