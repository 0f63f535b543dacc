"""The next cell of a queue, and the meaning of its end for the queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias, final

from metabench.api.events import CellEnded, EndedElsewhere
from metabench.results.run_status import is_running
from metabench.session.runner.claim import HELD
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.session.runner.queue import CellQueue
    from metabench.session.runtime import Assignment

__all__ = ["LISTENING", "Emit", "Ending", "Pause", "next_cell", "settle"]

Emit: TypeAlias = Callable[["Event"], None]
Ending: TypeAlias = CellEnded | EndedElsewhere

LISTENING: Final = 0.2
"""Seconds between two checks for a requested stop."""
_LISTENING_IDLE = 1.0  # the same of a process that has nothing to do
_LONGEST_PAUSE = 2.0  # seconds from one look at the cells of other processes to the next


@final
class Pause:
    """The time from one look at the cells of other processes to the next: longer each time."""

    def __init__(self) -> None:
        self._seconds = LISTENING
        self._looked = 0.0

    def over(self) -> bool:
        """Return whether to look again now."""
        now = time.monotonic()
        if now - self._looked < self._seconds:
            return False
        self._looked, self._seconds = now, min(2 * self._seconds, _LONGEST_PAUSE)
        return True

    def wait(self) -> None:
        """Wait until the next look, or until a check for a requested stop is due."""
        time.sleep(min(self._seconds, _LISTENING_IDLE))

    def forget(self) -> None:
        """Be short again: something has changed."""
        self._seconds = LISTENING


def next_cell(queue: CellQueue, store: Store, pause: Pause) -> Cell | None:
    """Return a cell that can be run; where there is none, one that another process has let go."""
    cell = queue.take()
    if cell is None and queue.waits and pause.over():
        queue.recall(lambda cell: not is_running(store.place(cell.folder)))
        cell = queue.take()
    if cell is not None:
        pause.forget()
    return cell


def settle(
    queue: CellQueue, cell: Cell, found: Ending, *, emit: Emit, assignment: Assignment
) -> CellEnded | None:
    """Report a cell's end, here or elsewhere, to the queue; return it, None if it is not final.

    It is not final if another process continues the cell, or if it is retried here.
    """
    if isinstance(found, CellEnded):
        return None if _retried(queue, cell, found, assignment) else found
    if found.ended.status == HELD:
        queue.put_off(cell)
        return None
    emit(found)
    if found.ended.status == "ok":
        queue.finish(cell.key)
    return found.ended


def _retried(queue: CellQueue, cell: Cell, ended: CellEnded, assignment: Assignment) -> bool:
    """Note how a cell has ended; return whether it is to be tried again, as if it had not."""
    if ended.status == "ok":
        queue.finish(cell.key)
        return False
    again = queue.again(cell, ended.status)
    if again:
        Store(assignment.folder).clear_failure(cell.folder)
    return again
