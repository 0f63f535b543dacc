"""Cells through one process or through several, with the same records either way."""

from __future__ import annotations

from collections.abc import Callable, Generator
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from metabench.api.events import CellEnded
from metabench.errors import StoppedError
from metabench.results.records import Failure, record_status
from metabench.results.store import Store
from metabench.session.provenance import cell_provenance
from metabench.session.worker import Worker, WorkerLostError

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.session.assignment import Assignment
    from metabench.session.queue import CellQueue
    from metabench.session.stopping import Stopping

__all__ = ["launch"]

Emit = Callable[["Event"], None]

_LISTENING = 0.2  # seconds after which to see whether somebody has asked to stop


def launch(
    queue: CellQueue, assignment: Assignment, *, emit: Emit, stopping: Stopping
) -> Generator[CellEnded]:
    """Run the cells of a queue; yield as each one ends.

    Raises:
        SetupError: the device, the store or a worker cannot go on.
        StoppedError: somebody asked to stop; every cell that ran has a checkpoint.
    """
    jobs = min(assignment.runtime.jobs, len(queue))
    # Only another process ends for certain what takes too long.
    if jobs <= 1 and assignment.limits.cell_seconds is None:
        yield from _in_this_process(queue, assignment, emit, stopping)
    else:
        yield from _in_workers(queue, assignment, jobs, emit=emit, stopping=stopping)


def _in_this_process(
    queue: CellQueue, assignment: Assignment, emit: Emit, stopping: Stopping
) -> Generator[CellEnded]:
    from metabench.session.bench import open_bench  # noqa: PLC0415  (torch loads here)
    from metabench.session.cell_run import run_cell  # noqa: PLC0415

    bench = open_bench(assignment)
    while not stopping.asked() and (cell := queue.take()) is not None:
        try:
            ended = run_cell(
                cell,
                bench,
                benchmark=assignment.benchmark,
                emit=emit,
                stop=stopping.asked,
                number=queue.attempt(cell.key),
            )
        except StoppedError as stopped:
            stopping.note(stopped)
            break
        if not _retried(queue, cell, ended, assignment):
            yield ended
    stopping.end()


def _in_workers(
    queue: CellQueue, assignment: Assignment, jobs: int, *, emit: Emit, stopping: Stopping
) -> Generator[CellEnded]:
    workers = [Worker(assignment) for _ in range(jobs)]
    try:
        while busy := _hand_out(queue, workers, stopping):
            for worker in busy:
                ended = _listen(worker, assignment, emit, stopping)
                if ended is None:
                    continue
                if worker.cell is not None:  # it was lost: put another in its place
                    worker.stop()
                    workers[workers.index(worker)] = Worker(assignment)
                if not _retried(queue, assignment.cells[ended.key], ended, assignment):
                    yield ended
    finally:
        for worker in workers:
            worker.stop()
    stopping.end()


def _retried(queue: CellQueue, cell: Cell, ended: CellEnded, assignment: Assignment) -> bool:
    """Note how a cell has ended; return whether it is to be tried again, as if it had not."""
    if ended.status == "ok":
        queue.finish(cell.key)
        return False
    again = queue.again(cell, ended.status)
    if again:
        Store(assignment.folder).clear_failure(cell.folder)
    return again


def _hand_out(queue: CellQueue, workers: list[Worker], stopping: Stopping) -> list[Worker]:
    """Give every idle worker a cell; return those that have something to say, none if all idle.

    Once somebody has asked to stop, nothing is given, and those at work are told.
    """
    while True:
        for worker in workers:
            if stopping.asked():
                worker.ask_to_stop()
            elif worker.cell is None and (cell := queue.take()) is not None:
                worker.give(cell, queue.attempt(cell.key))
        busy: dict[object, Worker] = {w.pipe: w for w in workers if w.cell is not None}
        if not busy:
            return []
        if ready := wait([w.pipe for w in busy.values()], timeout=_LISTENING):
            return [busy[pipe] for pipe in ready]
        for worker in busy.values():
            worker.end_if_overdue()


def _listen(
    worker: Worker, assignment: Assignment, emit: Emit, stopping: Stopping
) -> CellEnded | None:
    """Pass one message on; return the end of a cell. A lost worker keeps its cell."""
    try:
        message = worker.receive()
    except WorkerLostError as lost:
        message = _record(lost, worker, assignment)
        emit(message)
        return message
    if isinstance(message, StoppedError):
        stopping.note(message)
        worker.cell = None
        return None
    if isinstance(message, Exception):
        raise message
    emit(message)
    if isinstance(message, CellEnded):
        worker.cell = None
        return message
    return None


def _record(lost: WorkerLostError, worker: Worker, assignment: Assignment) -> CellEnded:
    """Commit the failure that a worker could not commit any more."""
    cell = worker.cell
    if cell is None:  # pragma: no cover  (only busy workers are listened to)
        raise lost
    status = record_status(lost)
    failure = Failure(
        kind=cell.kind,
        name=cell.name,
        key=cell.key,
        method=cell.method,
        status=status,
        message=lost.problem,
        hint=lost.hint,
        attempts=worker.attempt,
        wall_seconds=worker.wall_seconds,
        provenance=cell_provenance(
            cell,
            runtime=assignment.runtime,
            device=None,
            benchmark=assignment.benchmark,
            started="",
        ),
    )
    store = Store(assignment.folder)
    store.commit_failure(cell.folder, failure)
    folder = str(store.cell_folder(cell.folder))
    return CellEnded(
        cell.key, cell.name, status, worker.wall_seconds, message=lost.problem, folder=folder
    )
