"""A cell's turn: it is held while it is run, and not run where another process has ended it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from metabench.api.events import CellEnded, EndedElsewhere
from metabench.store.lock import HeldError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.plan.cell import Cell
    from metabench.store.run_folder import Stamp, Store

__all__ = ["HELD", "claim", "ended_since"]

HELD: Final = "held"
"""Status of a cell that another process runs now; internal to the queue."""


@contextmanager
def claim(cell: Cell, store: Store, seen: Stamp | None) -> Iterator[EndedElsewhere | None]:
    """Hold a cell; yield its end in another process, None where it is to be run here.

    Args:
        cell: the cell.
        store: the run folder.
        seen: the cell's records when the run was planned; None where they were not read.

    Raises:
        LockError: the file system has no locks.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(store.lock_cell(cell.folder))
        except HeldError:
            yield EndedElsewhere(CellEnded(cell.key, cell.name, HELD, 0.0))
            return
        ended = ended_since(cell, store, seen)
        yield EndedElsewhere(ended) if ended is not None else None


def ended_since(cell: Cell, store: Store, seen: Stamp | None) -> CellEnded | None:
    """Return how a process has ended a cell since it was planned; None if none has."""
    if seen is None or store.stamp(cell.folder) == seen:
        return None
    there = store.cell(cell.folder, noted=False)
    if there.result is not None and there.result.key == cell.key:
        scores = dict(there.result.scores)
        return CellEnded(cell.key, cell.name, "ok", there.result.wall_seconds, scores)
    failure = there.failure
    if failure is None or failure.key != cell.key or failure.status == "interrupted":
        return None
    seconds = failure.wall_seconds or 0.0
    return CellEnded(cell.key, cell.name, failure.status, seconds, message=failure.message)
