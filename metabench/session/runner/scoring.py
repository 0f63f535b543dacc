"""A cell that differs only in its metrics, scored from existing predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.api.events import CellEnded, CellStarted, EndedElsewhere
from metabench.errors import MetabenchError, StoreError
from metabench.plan.cell import FineTuneWork
from metabench.results.predictions import read_predictions
from metabench.session.cell.outcome import cell_note, commit_failure
from metabench.session.cell.rescoring import commit_scores
from metabench.session.runner.claim import HELD, claim
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.session.runner.queue import CellQueue
    from metabench.session.runner.signals import Stopping
    from metabench.session.runtime import Assignment
    from metabench.store.records.cell import Result

__all__ = ["score_all"]


def score_all(
    sources: Mapping[str, str],
    queue: CellQueue,
    assignment: Assignment,
    *,
    emit: Callable[[Event], None],
    stopping: Stopping,
) -> list[CellEnded]:
    """Score the predictions of cells with the metrics of others; return their ends.

    A failing metric is recorded as after training. A cell that has to be trained, since its
    predictions are damaged, or waited for, since another process holds it, enters the queue.

    Args:
        sources: by key of a cell, the folder of the cell of the same work that has predictions.
        queue: the cells to run.
        assignment: run folder and benchmark.
        emit: receives events.
        stopping: whether a stop was requested.

    Raises:
        StoreError: the run folder cannot be written.
    """
    ends = []
    for key, source in sources.items():
        if stopping.requested():
            break
        cell = assignment.cells[key]
        found = _score(cell, source, assignment)
        if found is None:
            queue.add(cell)
            continue
        if isinstance(found, CellEnded):
            emit(CellStarted(cell.key, cell.name))
        emit(found)
        ends.append(found if isinstance(found, CellEnded) else found.ended)
    return ends


def _score(cell: Cell, source: str, assignment: Assignment) -> CellEnded | EndedElsewhere | None:
    store = Store(assignment.folder)
    older = store.result(source)
    outcome = _scores(cell, store, source, older)
    if older is None or outcome is None:
        return None
    with claim(cell, store, assignment.seen.get(cell.key)) as elsewhere:
        if elsewhere is not None:
            return None if elsewhere.ended.status == HELD else elsewhere
        store.commit_note(cell.folder, cell_note(cell))
        if isinstance(outcome, MetabenchError):
            return commit_failure(cell, outcome, assignment)
        shown = older.model_copy(update={"primary": cell.uses[0].card.primary})
        command = assignment.runtime.command
        commit_scores(store, source, shown, outcome, note=cell_note(cell), command=command)
        folder = str(store.cell_folder(cell.folder))
        return CellEnded(cell.key, cell.name, "ok", 0.0, dict(outcome), folder=folder)


def _scores(
    cell: Cell, store: Store, source: str, older: Result | None
) -> Mapping[str, float] | MetabenchError | None:
    """Return the scores, or why a metric gives none; None where there are no sound predictions."""
    from metabench.metrics.compute import clipped, score  # noqa: PLC0415  (numpy)

    work = cell.work
    if older is None or not isinstance(work, FineTuneWork):
        return None
    try:
        labels, outputs = read_predictions(store, source, older)
        shown = clipped(outputs, work.task.card.bounds)
        return score(work.metrics, labels, shown, origins=work.origins, ranges=work.ranges)
    except StoreError:
        return None
    except MetabenchError as error:
        return error
