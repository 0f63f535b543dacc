"""An adapt cell's fine-tuning done once more, and proved by the predictions that it left."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np
from typing_extensions import override

from metabench.api.events import CellEnded, CellStarted, Progressed
from metabench.engine.evaluate import evaluate
from metabench.errors import SetupError
from metabench.plan.cell import FineTuneWork
from metabench.results.predictions import read_predictions
from metabench.results.profile import changed
from metabench.session.cell.provenance import cell_provenance
from metabench.session.cell.stages import fine_tune

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.session.cell.context import WorkerContext
    from metabench.session.cell.stages import FineTuned
    from metabench.store.records.cell import Result

__all__ = ["Agreement", "Replay", "compare", "replay"]


@final
@dataclass(frozen=True, slots=True)
class Agreement:
    """The comparison of new predictions with the recorded ones.

    Args:
        rows: number of examples compared.
        largest: largest difference of an output; 0 where all are bit-identical.
        other: examples with another predicted class; 0 for regression.
        changed: differences between the environments, such as ``torch 2.12 → 2.13``.
    """

    rows: int
    largest: float
    other: int
    changed: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether every output is equal to the bit."""
        return self.largest == 0

    @override
    def __str__(self) -> str:
        """Return the comparison in one sentence."""
        if self.exact:
            return f"its predictions are bit-identical to those recorded ({self.rows:,} rows)"
        why = ", ".join(self.changed) or "although versions, device and threads are the same"
        return (
            f"its outputs differ from those recorded by up to {self.largest:.2g} on {self.rows:,} "
            f"rows, {self.other:,} of which get another class: {why}"
        )


@final
@dataclass(frozen=True, slots=True)
class Replay:
    """A fine-tuned model, its cell, and its comparison with the record."""

    cell: Cell
    work: FineTuneWork
    result: Result
    tuned: FineTuned
    agreement: Agreement


def replay(
    cell: Cell, result: Result, context: WorkerContext, *, emit: Callable[[Event], None]
) -> Replay:
    """Repeat the fine-tuning of a cell and compare; the run folder is not changed.

    Raises:
        StoreError: the recorded predictions or the parameters that it starts from are damaged.
        SetupError: the evaluation set differs from the recorded one.
        DivergedError: a loss or a gradient is not finite.
    """
    work = cell.work
    if not isinstance(work, FineTuneWork):
        raise TypeError(f"{cell.name} is not an adapt cell")
    labels, recorded = read_predictions(context.store, cell.folder, result)
    context.device.apply()
    began = time.monotonic()
    emit(CellStarted(cell.key, cell.name))
    steps = fine_tune(work, context)
    while True:
        try:
            done = next(steps)
        except StopIteration as stop:
            tuned: FineTuned = stop.value
            break
        emit(Progressed(cell.key, done.stage, done.step, done.total, done.scalars))
    scored = context.scored_table(work.task, work.model)
    outputs = tuned.in_unit(evaluate(tuned.learner, tuned.theta, scored, task=work.task.card.name))
    if not np.array_equal(labels, scored.labels.cpu().numpy()):
        raise SetupError(
            "the labels of the evaluation set are not those that were recorded",
            where=f"cell {cell.folder}",
            hint="run the benchmark again and name the new cell",
        )
    emit(CellEnded(cell.key, cell.name, "ok", time.monotonic() - began))
    now = cell_provenance(cell, context.assignment, device=context.device)
    agreement = compare(recorded, outputs)
    if not agreement.exact:
        agreement = replace(agreement, changed=changed(result.provenance, now))
    return Replay(cell, work, result, tuned, agreement)


def compare(recorded: npt.NDArray[np.floating], outputs: npt.NDArray[np.floating]) -> Agreement:
    """Return the comparison of outputs [examples, outputs] with the recorded ones."""
    largest = float(np.abs(outputs.astype(np.float64) - recorded).max(initial=0.0))
    return Agreement(
        rows=len(outputs),
        largest=largest,
        other=int((outputs.argmax(axis=1) != recorded.argmax(axis=1)).sum()),
    )
