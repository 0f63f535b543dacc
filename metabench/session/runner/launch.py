"""Cells through one process or through several, with the same records either way."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from metabench.api.events import CellEnded, EndedElsewhere
from metabench.errors import StoppedError
from metabench.results.run_status import is_running
from metabench.session.cell.outcome import commit_failure
from metabench.session.estimate.refusal import device_name
from metabench.session.runner.claim import HELD, claim
from metabench.session.runner.worker import Worker, WorkerLostError
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.session.runner.queue import CellQueue
    from metabench.session.runner.signals import Stopping
    from metabench.session.runtime import Assignment

__all__ = ["launch"]

Emit = Callable[["Event"], None]

_LISTENING = 0.2  # seconds after which to see whether somebody has asked to stop


def launch(
    queue: CellQueue, assignment: Assignment, *, emit: Emit, stopping: Stopping
) -> Generator[CellEnded]:
    """Return what runs the cells of a queue and yields as each one ends; nothing where it is empty.

    Once somebody has asked to stop, it ends early; every cell that ran has a checkpoint.

    Raises:
        SetupError: the device, the store or a worker cannot go on.
    """
    jobs = min(assignment.runtime.jobs, len(queue))
    # Only another process ends for certain what takes too long, and survives a fault of a GPU.
    alone = jobs <= 1 and assignment.limits.cell_seconds is None
    if not queue or (alone and device_name(assignment.runtime.device) == "cpu"):
        return _in_this_process(queue, assignment, emit, stopping)
    return _in_workers(queue, assignment, jobs, emit=emit, stopping=stopping)


def _in_this_process(
    queue: CellQueue, assignment: Assignment, emit: Emit, stopping: Stopping
) -> Generator[CellEnded]:
    if not queue:
        return
    from metabench.session.cell.context import open_context  # noqa: PLC0415  (torch loads here)
    from metabench.session.cell.run import run_cell  # noqa: PLC0415

    context = open_context(assignment)
    while not stopping.requested():
        cell = _next(queue, context.store)
        if cell is None:
            if not queue.waits:
                break
            time.sleep(_LISTENING)
            continue
        try:
            with claim(cell, context.store, assignment.seen.get(cell.key)) as elsewhere:
                found = elsewhere or run_cell(
                    cell,
                    context,
                    emit=emit,
                    stop=stopping.requested,
                    number=queue.attempt(cell.key),
                )
        except StoppedError as stopped:
            stopping.note(stopped)
            break
        ended = _settle(queue, cell, found, emit=emit, assignment=assignment)
        if ended is not None:
            yield ended


def _next(queue: CellQueue, store: Store) -> Cell | None:
    """Return a cell that can be run; where there is none, one that another process has let go."""
    cell = queue.take()
    if cell is None and queue.waits:
        queue.recall(lambda cell: not is_running(store.place(cell.folder)))
        cell = queue.take()
    return cell


def _settle(
    queue: CellQueue,
    cell: Cell,
    found: CellEnded | EndedElsewhere,
    *,
    emit: Emit,
    assignment: Assignment,
) -> CellEnded | None:
    """Tell the queue how a cell ended, here or elsewhere; return it, None if that is not the end.

    It is not where another process goes on with it, or where it is tried again here.
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


def _in_workers(
    queue: CellQueue, assignment: Assignment, jobs: int, *, emit: Emit, stopping: Stopping
) -> Generator[CellEnded]:
    workers = [Worker(assignment) for _ in range(jobs)]
    store = Store(assignment.folder)
    try:
        while busy := _hand_out(queue, workers, stopping, store=store):
            for worker in busy:
                cell = worker.cell
                found = _listen(worker, assignment, emit, stopping)
                if found is None or cell is None:
                    continue
                if worker.cell is not None or worker.spent:  # put another in its place
                    worker.stop()
                    workers[workers.index(worker)] = Worker(assignment)
                if (
                    ended := _settle(queue, cell, found, emit=emit, assignment=assignment)
                ) is not None:
                    yield ended
    finally:
        for worker in workers:
            worker.dismiss()
        for worker in workers:
            worker.stop()


def _retried(queue: CellQueue, cell: Cell, ended: CellEnded, assignment: Assignment) -> bool:
    """Note how a cell has ended; return whether it is to be tried again, as if it had not."""
    if ended.status == "ok":
        queue.finish(cell.key)
        return False
    again = queue.again(cell, ended.status)
    if again:
        Store(assignment.folder).clear_failure(cell.folder)
    return again


def _hand_out(
    queue: CellQueue, workers: list[Worker], stopping: Stopping, *, store: Store
) -> list[Worker]:
    """Give every idle worker a cell; return those that have something to say, none at the end.

    Once somebody has asked to stop, nothing is given, and those at work are told.
    """
    while True:
        for worker in workers:
            if stopping.requested():
                worker.ask_to_stop()
            elif worker.cell is None and (cell := _next(queue, store)) is not None:
                worker.give(cell, queue.attempt(cell.key))
        busy = [worker for worker in workers if worker.cell is not None]
        if not busy and (stopping.requested() or not queue.waits):
            return []
        if ready := _heard(busy):
            return ready


def _heard(busy: list[Worker]) -> list[Worker]:
    """Wait a little; return the workers that have something to say, and end those that are over."""
    if not busy:  # others are at work, in another process
        time.sleep(_LISTENING)
        return []
    pipes: dict[object, Worker] = {worker.pipe: worker for worker in busy}
    ready = wait([worker.pipe for worker in busy], timeout=_LISTENING)
    if not ready:
        for worker in busy:
            worker.end_if_overdue()
    return [pipes[pipe] for pipe in ready]


def _listen(
    worker: Worker, assignment: Assignment, emit: Emit, stopping: Stopping
) -> CellEnded | EndedElsewhere | None:
    """Pass one message on; return the end of a cell. A lost worker keeps its cell."""
    try:
        message = worker.receive()
    except WorkerLostError as lost:
        found = _record(lost, worker, assignment)
        if isinstance(found, CellEnded):
            emit(found)
        return found
    if isinstance(message, StoppedError):
        stopping.note(message)
        worker.cell = None
        return None
    if isinstance(message, Exception):
        raise message
    ended: CellEnded | EndedElsewhere | None = None
    if isinstance(message, CellEnded | EndedElsewhere):
        worker.cell, ended = None, message
    if not isinstance(message, EndedElsewhere):
        emit(message)
    return ended


def _record(
    lost: WorkerLostError, worker: Worker, assignment: Assignment
) -> CellEnded | EndedElsewhere:
    """Commit the failure that a worker could not commit any more, where nobody has taken over."""
    cell = worker.cell
    if cell is None:  # pragma: no cover  (only busy workers are listened to)
        raise lost
    store = Store(assignment.folder)
    with claim(cell, store, assignment.seen.get(cell.key)) as elsewhere:
        return elsewhere or commit_failure(
            cell,
            lost,
            assignment,
            message=lost.problem,
            attempts=worker.attempt,
            wall_seconds=worker.wall_seconds,
        )
