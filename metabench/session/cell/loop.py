"""A cell's work, driven step by step: metrics, checkpoints, progress, and stopping on request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, final

from metabench.api.events import Noticed, Progressed
from metabench.engine.memory import HeapTrimmer
from metabench.errors import StoppedError
from metabench.plugin.step_scalars import StepScalars
from metabench.session.cell.stages import work_on

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.engine.snapshot import Snapshot
    from metabench.engine.step import StepDone
    from metabench.errors import PluginError
    from metabench.plan.cell import Cell
    from metabench.session.cell.attempt import Attempt
    from metabench.session.cell.journal import Journal
    from metabench.session.cell.outcome import Outcome
    from metabench.session.cell.watchdog import Watch
    from metabench.store.checkpoint import CheckpointNote, Checkpoints

__all__ = ["Drive"]

_INTERVAL = 0.2  # seconds between progress events


@final
@dataclass
class Drive:
    """A cell's work in progress.

    Args:
        cell: the cell, in its working folder.
        attempt: the current attempt.
        checkpoints: the writer of its state.
        journal: the writer of its steps.
        emit: receives progress events.
        stop: called after each step; returns whether to stop.
        watch: notified of each step.
        losses: the first and the last loss so far.
        heap: releases memory between steps.
    """

    cell: Cell
    attempt: Attempt
    checkpoints: Checkpoints
    journal: Journal
    emit: Callable[[Event], None]
    stop: Callable[[], bool]
    watch: Watch
    losses: dict[str, float] = field(default_factory=dict)
    heap: HeapTrimmer = field(default_factory=HeapTrimmer)

    def run(self, start: Snapshot | None, note: CheckpointNote | None) -> Outcome:
        """Return the outcome.

        Raises:
            StoppedError: ``stop`` returned true; the last step is in a checkpoint.
            MetabenchError: any other error that ends the cell.
        """
        steps = work_on(self.cell, self.attempt.context, start=start)
        self.losses.update(note.losses if note else {})
        scalars = StepScalars(self.attempt.context.assignment.observers, self._complain)
        told = 0.0
        while True:
            try:
                done = next(steps)
            except StopIteration as stop:
                outcome: Outcome = stop.value
                return outcome
            self.watch.beat()
            self.heap.step()
            self._note(self._watched(done, scalars) if scalars.observers else done)
            if time.monotonic() - told > _INTERVAL or done.step == done.total:
                told = time.monotonic()
                self.emit(
                    Progressed(self.cell.key, done.stage, done.step, done.total, done.scalars)
                )

    def _watched(self, done: StepDone, scalars: StepScalars) -> StepDone:
        """Return a step with the observers' scalars added; they cannot change the step's."""
        event = Progressed(
            self.cell.key,
            done.stage,
            done.step,
            done.total,
            MappingProxyType(dict(done.scalars)),
            name=self.attempt.cell.name,
            folder=str(self.attempt.context.store.cell_folder(self.attempt.cell.folder)),
        )
        added = scalars.of(event)
        return replace(done, scalars={**added, **done.scalars}) if added else done

    def _complain(self, problem: PluginError) -> None:
        self.journal.write(f"observer: {problem}")
        self.emit(Noticed(str(problem)))

    def _note(self, done: StepDone) -> None:
        self.journal.step(done)
        loss = done.scalars.get("loss", done.scalars.get("loss_after"))
        if loss is not None:
            self.losses.setdefault("first", loss)
            self.losses["last"] = loss
        if done.snapshot is None:
            return
        stopped = self.stop()
        if stopped or self.checkpoints.due:
            self.journal.flush()
            self.heap.trim()  # a checkpoint is copied before it is written
            self.attempt.save(self.checkpoints, done.snapshot(), self.losses)
        if stopped:
            self.journal.write(f"stopped after step {done.step} of {done.total}")
            raise StoppedError(
                f"stopped after step {done.step} of {done.total}",
                where=self.cell.name,
                hint="rerun the command to resume",
            )
