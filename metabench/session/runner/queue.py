"""Which cell comes next: needs first, then the stages in order, long cells before short ones."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, final

from metabench.session.estimate.counts import cell_counts
from metabench.session.runtime import MAY_PASS

if TYPE_CHECKING:
    from metabench.plan.cell import Cell

__all__ = ["CellQueue", "cost"]


@final
class CellQueue:
    """Cells that wait for others or for a worker; each operation takes logarithmic time.

    Args:
        cells: the cells to run.
        done: keys of completed cells.
        retries: retries of a cell whose failure may be transient.
    """

    def __init__(self, cells: Iterable[Cell], done: Iterable[str], *, retries: int = 0) -> None:
        self._waiting: dict[str, Cell] = {}
        self._elsewhere: dict[str, Cell] = {}
        self._done = set(done)
        self._retries = retries
        self._taken: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._ready: list[tuple[int, float, str, str]] = []
        self._needed_by: defaultdict[str, list[str]] = defaultdict(list)
        for cell in cells:
            self.add(cell)

    def __len__(self) -> int:
        """Return how many cells have not been taken."""
        return len(self._waiting) + len(self._elsewhere)

    def add(self, cell: Cell) -> None:
        """Put in one cell more."""
        self._waiting[cell.key] = cell
        self._place(cell)

    def take(self) -> Cell | None:
        """Return the next cell whose needs are done; None where no cell is ready."""
        while self._ready:
            cell = self._waiting.pop(heapq.heappop(self._ready)[-1], None)
            if cell is not None:
                self._taken[cell.key] += 1
                return cell
        return None

    @property
    def ready(self) -> int:
        """How many cells could be taken now."""
        return len(self._ready)

    def attempt(self, key: str) -> int:
        """Return how often a cell has been taken."""
        return self._taken[key]

    def give_back(self, cell: Cell) -> None:
        """Requeue a cell whose agent was lost, which is no failure of the cell."""
        self._lost[cell.key] += 1
        self.add(cell)

    def losses(self, key: str) -> int:
        """Return how often a cell was given back."""
        return self._lost[key]

    def again(self, cell: Cell, status: str) -> bool:
        """Put a cell back that failed with this status, where it is to be tried again."""
        tried = status in MAY_PASS and self._taken[cell.key] - self._lost[cell.key] <= self._retries
        if tried:
            self.add(cell)
        return tried

    def finish(self, key: str) -> None:
        """Note that a cell is done."""
        self._done.add(key)
        for waiting in self._needed_by.pop(key, ()):
            if waiting in self._waiting:
                self._place(self._waiting[waiting])

    @property
    def waits(self) -> bool:
        """Whether other processes run cells of this queue."""
        return bool(self._elsewhere)

    def put_off(self, cell: Cell) -> None:
        """Take a cell back that another process runs."""
        self._taken[cell.key] -= 1
        self._elsewhere[cell.key] = cell

    def recall(self, is_free: Callable[[Cell], bool]) -> None:
        """Let the cells that were put off and are free now be taken."""
        for cell in [cell for cell in self._elsewhere.values() if is_free(cell)]:
            del self._elsewhere[cell.key]
            self.add(cell)

    def drop(self) -> list[Cell]:
        """Remove and return the remaining cells: a cell that they need has failed."""
        left = [*self._waiting.values(), *self._elsewhere.values()]
        self._waiting.clear()
        self._elsewhere.clear()
        self._ready.clear()
        return left

    def _place(self, cell: Cell) -> None:
        """Have a cell wait for one of its needs that is not done, or for a worker."""
        missing = next((need for need in cell.needs if need not in self._done), None)
        if missing is None:
            heapq.heappush(self._ready, (*_rank(cell), cell.key))
        else:
            self._needed_by[missing].append(cell.key)


def cost(cell: Cell, *, keep: str = "auto") -> float:
    """Return the approximate cost of training a cell in gradients of a batch.

    ``keep`` is ``compute.curvature``, the activation caching of exact products.
    """
    return cell_counts(cell, keep=keep).cost


def _rank(cell: Cell) -> tuple[int, float, str]:
    stage = ("pretrain", "meta", "adapt").index(cell.kind)
    return stage, -cost(cell), cell.name
