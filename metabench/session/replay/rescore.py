"""Scores again from saved predictions: no training, no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from metabench.errors import CellError, StoreError
from metabench.fingerprint import fingerprint
from metabench.plan.keys import Sources, metric_inputs
from metabench.results.predictions import read_predictions
from metabench.session.cell.rescoring import commit_scores
from metabench.session.runner.record import metric_notes

if TYPE_CHECKING:
    from metabench.plugin.catalog import Catalog
    from metabench.store.records.cell import CellNote, Result
    from metabench.store.records.run import ColumnNote
    from metabench.store.run_folder import Store, StoredCell

__all__ = ["Rescored", "rescore", "write_rescored"]


@final
@dataclass(frozen=True, slots=True)
class Rescored:
    """A cell with its saved scores and those computed from its predictions now.

    Args:
        folder: name of the cell's folder.
        result: its record.
        scores: new score by metric; empty where there is a problem.
        note: the cell of these scores: with other metrics, or another source of one, it is another
            cell of the same work. None where no record holds the cell's inputs.
        problem: the reason for missing scores.
    """

    folder: str
    result: Result
    scores: Mapping[str, float] = field(default_factory=dict)
    note: CellNote | None = None
    problem: str = ""

    @property
    def changed(self) -> bool:
        """Whether a score differs from the saved one."""
        return not self.problem and dict(self.scores) != dict(self.result.scores)

    @property
    def moved(self) -> bool:
        """Whether the scores belong to another cell."""
        return self.note is not None and self.note.key != self.result.key


def rescore(store: Store, catalog: Catalog) -> Iterator[Rescored]:
    """Yield every cell of a run that has scores, with its metrics computed again.

    The metrics are those that the card of its task names now; where the benchmark file itself
    defines the task, those of the record. The one that the leaderboard shows is always among them.

    Raises:
        StoreError: the folder is not that of a run.
        PluginError: a metric is not installed.
    """
    from metabench.metrics.compute import clipped, score  # noqa: PLC0415  (numpy)

    run = store.run()
    columns = {column.name: column for column in run.columns}
    by_cell = {use.cell: (use.key, columns[use.column]) for use in run.uses}
    sources = Sources()
    for folder, (key, column) in by_cell.items():
        stored = store.cell(folder)
        result = stored.result
        if result is None or result.key != key or result.primary is None:
            continue
        names = _metrics(stored, result, column, catalog)
        targets = {name: catalog.metric(name).value.target for name in (*names, column.metric)}
        planned = {name: targets[name] for name in names}
        bounds = _bounds(column, catalog)
        note = stored.note and _with_metrics(
            stored.note, metric_inputs(planned, sources, bounds=bounds)
        )
        try:
            labels, outputs = read_predictions(store, folder, result)
            outputs = clipped(outputs, bounds)
            scores = score(targets, labels, outputs, ranges=catalog.metric_ranges)
        except (StoreError, CellError) as error:
            problem = str(error).partition("\n")[0]
            yield Rescored(folder, result, problem=problem)
        else:
            yield Rescored(folder, result, scores, note)


def write_rescored(
    store: Store, cells: Iterable[Rescored], *, catalog: Catalog, command: tuple[str, ...]
) -> None:
    """Replace the old scores; the records keep them next to the new ones.

    The run then names the cells with the new scores, so that `metabench run` finds them done.

    Raises:
        StoreError: the folder cannot be written.
    """
    moved: dict[str, dict[str, str]] = {}
    names: set[str] = set()
    for cell in cells:
        if cell.changed or cell.moved:
            folder = commit_scores(
                store, cell.folder, cell.result, cell.scores, note=cell.note, command=command
            )
            names.update(cell.scores)
            if cell.note is not None:
                moved[cell.result.key] = {"cell": folder, "key": cell.note.key}
    if names:
        run = store.run()
        update = {
            "uses": tuple(use.model_copy(update=moved.get(use.key, {})) for use in run.uses),
            "cells": tuple(cell.model_copy(update=moved.get(cell.key, {})) for cell in run.cells),
            "metrics": tuple(dict.fromkeys((*run.metrics, *metric_notes(names, catalog)))),
        }
        store.rewrite_run(run.model_copy(update=update))


def _metrics(
    stored: StoredCell, result: Result, column: ColumnNote, catalog: Catalog
) -> tuple[str, ...]:
    """Return the names of the metrics that a cell would have if it were planned now."""
    offer = catalog.tasks.get(column.task)
    if offer is not None:
        return offer.value.metrics
    planned = stored.inputs.get("metrics")
    return tuple(planned if isinstance(planned, dict) else result.scores)


def _bounds(column: ColumnNote, catalog: Catalog) -> tuple[float, float] | None:
    """Return the bounds that predictions are clipped to before scoring."""
    offer = catalog.tasks.get(column.task)
    return offer.value.bounds if offer is not None else None


def _with_metrics(note: CellNote, metrics: Mapping[str, Any]) -> CellNote:
    """Return the cell of the same work that has these metrics."""
    inputs = {**note.inputs, "metrics": metrics}
    return note.model_copy(update={"inputs": inputs, "key": fingerprint(inputs)})
