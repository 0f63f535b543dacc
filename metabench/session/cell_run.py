"""One cell from its note to its result or its failure; nothing a cell does stops the others."""

from __future__ import annotations

import resource
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, final, get_args

import torch

from metabench.api.events import CellEnded, CellStarted, Progressed
from metabench.errors import LockError, MemoryExhaustedError, MetabenchError, StoreError
from metabench.results.records import CellNote, Failure, Result, Status
from metabench.session.journal import Journal
from metabench.session.provenance import cell_provenance, now
from metabench.session.staging import Stage
from metabench.session.work import work_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.results.provenance import Provenance
    from metabench.session.outcome import Outcome
    from metabench.session.runtime import Asked
    from metabench.session.workbench import Workbench

__all__ = ["run_cell"]

_INTERVAL = 0.2  # seconds between progress events


def run_cell(
    cell: Cell, bench: Workbench, *, benchmark: Asked, emit: Callable[[Event], None]
) -> CellEnded:
    """Run a cell and commit its record; return how it ended.

    Raises:
        StoreError: the run folder cannot be written; the run has to stop.
    """
    bench.device.apply()
    attempt = _Attempt(cell, bench, benchmark, now(), time.monotonic(), time.process_time())
    emit(CellStarted(cell.key, cell.name))
    bench.store.commit_note(cell.folder, _note(cell))
    stage = Stage(cell, bench.store)
    folder = bench.store.cell_folder(cell.folder)
    with Journal(folder, metrics=bench.store.cell_folder(stage.cell.folder)) as journal:
        journal.write(f"started {cell.folder}{' again' * stage.beside}")
        try:
            outcome, losses = _work(stage.cell, bench, journal, emit)
        except (StoreError, LockError):
            raise
        except Exception as error:  # noqa: BLE001  (recorded with its traceback)
            ended = _fail(attempt, stage, journal, error)
        else:
            result = attempt.result(outcome, losses)
            journal.write(f"done {dict(result.scores)}")
            journal.close()
            stage.commit(_note(cell), result)
            ended = attempt.ended("ok", scores=dict(result.scores))
    emit(ended)
    return ended


def _fail(attempt: _Attempt, stage: Stage, journal: Journal, error: Exception) -> CellEnded:
    failure = attempt.failure(error)
    journal.write(f"{failure.status}: {failure.message}\n{failure.traceback}")
    stage.discard()
    attempt.bench.store.commit_failure(attempt.cell.folder, failure)
    return attempt.ended(failure.status, message=failure.message)


def _note(cell: Cell) -> CellNote:
    return CellNote(
        kind=cell.kind,
        name=cell.name,
        key=cell.key,
        method=cell.method,
        inputs=cell.inputs,
        needs=cell.needs,
    )


def _work(
    cell: Cell, bench: Workbench, journal: Journal, emit: Callable[[Event], None]
) -> tuple[Outcome, dict[str, float]]:
    """Drive the work to its end; return its outcome, and its first and last losses."""
    steps = work_on(cell, bench)
    losses: dict[str, float] = {}
    told = 0.0
    while True:
        try:
            done = next(steps)
        except StopIteration as stop:
            return stop.value, losses
        journal.step(done)
        loss = done.scalars.get("loss", done.scalars.get("loss_after"))
        if loss is not None:
            losses.setdefault("first", loss)
            losses["last"] = loss
        if time.monotonic() - told > _INTERVAL or done.step == done.total:
            told = time.monotonic()
            emit(Progressed(cell.key, done.stage, done.step, done.total, done.scalars))


@final
@dataclass(frozen=True)
class _Attempt:
    """When an attempt at a cell began, and the records that it can end in."""

    cell: Cell
    bench: Workbench
    benchmark: Asked
    started: str
    wall: float
    cpu: float

    def result(self, outcome: Outcome, losses: dict[str, float]) -> Result:
        """Return the record of a cell that is done."""
        return Result(
            kind=self.cell.kind,
            name=self.cell.name,
            key=self.cell.key,
            method=self.cell.method,
            scores=dict(outcome.scores),
            primary=outcome.primary,
            collapsed=outcome.collapsed,
            train_rows=outcome.train_rows,
            scored_rows=outcome.scored_rows,
            steps=outcome.steps,
            losses=losses,
            draws=dict(outcome.draws),
            overlap=dict(outcome.overlap),
            notes=self.cell.notes,
            wall_seconds=time.monotonic() - self.wall,
            cpu_seconds=time.process_time() - self.cpu,
            peak_memory_bytes=_peak_memory(self.bench.device.device),
            work=outcome.work,
            files=outcome.files,
            provenance=self._provenance(),
        )

    def failure(self, error: Exception) -> Failure:
        """Return the record of a cell that failed."""
        known = _known(error)
        return Failure(
            kind=self.cell.kind,
            name=self.cell.name,
            key=self.cell.key,
            method=self.cell.method,
            status=_status(known),
            message=str(known).partition("\n")[0],
            hint=known.hint,
            traceback="".join(traceback.format_exception(error)),
            wall_seconds=time.monotonic() - self.wall,
            provenance=self._provenance(),
        )

    def ended(
        self, status: str, *, scores: dict[str, float] | None = None, message: str = ""
    ) -> CellEnded:
        """Return the event."""
        return CellEnded(
            self.cell.key,
            self.cell.name,
            status,
            time.monotonic() - self.wall,
            scores or {},
            message,
        )

    def _provenance(self) -> Provenance:
        return cell_provenance(
            self.cell,
            runtime=self.bench.runtime,
            device=self.bench.device,
            benchmark=self.benchmark,
            started=self.started,
        )


def _known(error: Exception) -> MetabenchError:
    """Return what an exception means for the record."""
    if isinstance(error, MetabenchError):
        return error
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return MemoryExhaustedError(
            "there is no memory left",
            hint="lower meta.batch_size, finetune.batch_size or model.max_length",
        )
    return MetabenchError(
        f"a bug: {type(error).__name__}: {error}", hint="report it with the cell's log.txt"
    )


def _status(error: MetabenchError) -> Status:
    known: tuple[Status, ...] = get_args(Status)
    return next((status for status in known if status == error.status), "error")


def _peak_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
