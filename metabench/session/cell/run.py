"""One cell from its note to its result or its failure; nothing a cell does stops the others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from metabench.api.events import CellStarted, Noticed
from metabench.engine.memory import is_device_fault, release_memory
from metabench.engine.snapshot import Snapshot
from metabench.errors import LockError, StoppedError, StoreError
from metabench.session.cell.attempt import Attempt
from metabench.session.cell.journal import Journal
from metabench.session.cell.loop import Drive
from metabench.session.cell.outcome import cell_note
from metabench.session.cell.provenance import now
from metabench.session.cell.staging import DIFFERS, Stage
from metabench.session.cell.watchdog import Watch
from metabench.session.runtime import RESUMABLE
from metabench.store.checkpoint import Checkpoints
from metabench.store.file_names import CHECKPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from metabench.api.events import CellEnded, Event
    from metabench.plan.cell import Cell
    from metabench.session.cell.context import WorkerContext
    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store

__all__ = ["run_cell"]


def run_cell(
    cell: Cell,
    context: WorkerContext,
    *,
    emit: Callable[[Event], None],
    stop: Callable[[], bool] = lambda: False,
    number: int = 1,
) -> CellEnded:
    """Run a cell, from its last checkpoint where it has one, and commit its record.

    Args:
        cell: the cell.
        context: the state that cells share.
        emit: receives events.
        stop: called after each step; returns whether to stop.
        number: the attempt's number in this run, from 1.

    Raises:
        StoreError: the run folder cannot be written, or a checkpoint is from another environment;
            the run has to stop.
        StoppedError: ``stop`` returned true; the last step is in a checkpoint.
    """
    context.device.apply()
    attempt = Attempt(
        cell,
        context,
        now(),
        time.monotonic(),
        time.process_time(),
        number=number,
        uses=context.layers.uses if context.layers else 0,
    )
    emit(CellStarted(cell.key, cell.name))
    context.store.commit_note(cell.folder, cell_note(cell))
    stage = Stage(cell, context.store)
    checkpoints = _checkpoints(stage, attempt)
    note, state = checkpoints.newest() or (None, b"")
    start = note and Snapshot.of(note.step, state, note.facts, device=context.device.device)
    attempt = attempt.going_on(note, checkpoints.drift) if note else attempt
    with _journal(stage, context.store, start) as journal:
        drive = Drive(
            cell=stage.cell,
            attempt=attempt,
            checkpoints=checkpoints,
            journal=journal,
            watch=Watch(context.assignment.limits, journal.log, cell=cell.name),
            emit=emit,
            stop=stop,
        )
        try:
            with drive.watch:
                outcome = drive.run(start, note)
        except (StoreError, LockError, StoppedError):
            raise
        except Exception as error:  # noqa: BLE001  (recorded with its traceback)
            ended = _fail(attempt, stage, journal, error=error)
        else:
            ended = _succeed(attempt, stage, journal, attempt.result(outcome, drive.losses))
        if ended.status not in RESUMABLE:
            checkpoints.clear()  # not before the record is there
    _tell(ended, context, emit)
    return ended


def _tell(ended: CellEnded, context: WorkerContext, emit: Callable[[Event], None]) -> None:
    if context.uncompiled:
        emit(Noticed(context.uncompiled))
    if ended.status != "ok":
        release_memory()  # objects held by the traceback
    emit(ended)


def _checkpoints(stage: Stage, attempt: Attempt) -> Checkpoints:
    context = attempt.context
    return Checkpoints(
        context.store.place(stage.cell.folder) / CHECKPOINTS,
        key=attempt.cell.key,
        profile=attempt.environment,
        interval=context.assignment.compute.checkpoint_seconds,
        allow_drift=context.runtime.allow_drift,
    )


def _journal(stage: Stage, store: Store, start: Snapshot | None) -> Journal:
    """Return the journal of an attempt that starts after a step, with a first entry about it."""
    name = stage.final.folder
    after = start.step if start else 0
    metrics = store.place(stage.cell.folder)
    journal = Journal(store.place(name), metrics=metrics, after=after)
    journal.write(f"started {name}{' again' * stage.beside}{f' after step {after}' * bool(after)}")
    return journal


def _succeed(attempt: Attempt, stage: Stage, journal: Journal, result: Result) -> CellEnded:
    scores = dict(result.scores)
    if attempt.context.uncompiled:
        journal.write(attempt.context.uncompiled)
    journal.write(", ".join(["done", *(f"{name} {score:.4f}" for name, score in scores.items())]))
    journal.close()
    kept = stage.commit(cell_note(attempt.cell), result)
    return attempt.ended("ok", scores=scores, message=DIFFERS * kept.nondeterministic)


def _fail(attempt: Attempt, stage: Stage, journal: Journal, *, error: Exception) -> CellEnded:
    attempt.context.faulted |= is_device_fault(error)
    failure = attempt.failure(error)
    journal.write(f"{failure.status}: {failure.message}\n{failure.traceback}")
    stage.discard()
    attempt.context.store.commit_failure(attempt.cell.folder, failure)
    return attempt.ended(failure.status, message=failure.message)
