"""Scores again from saved predictions: no training, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench import __version__
from metabench.errors import CellError, StoreError
from metabench.session.cell.predictions import read_predictions
from metabench.session.cell.provenance import now
from metabench.store.records.cell import Rescoring, Result

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.plugin.catalog import Catalog
    from metabench.store.records.run import ColumnNote
    from metabench.store.run_folder import Store

__all__ = ["Rescored", "rescore", "write_rescored"]


@final
@dataclass(frozen=True, slots=True)
class Rescored:
    """A cell with its saved scores and those that its predictions give now.

    Args:
        folder: name of the cell's folder.
        result: its record.
        scores: score by metric now; empty where there is a problem.
        problem: why there are none.
    """

    folder: str
    result: Result
    scores: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""

    @property
    def changed(self) -> bool:
        """Whether a score differs from what was saved."""
        return not self.problem and dict(self.scores) != dict(self.result.scores)


def rescore(store: Store, catalog: Catalog) -> Iterator[Rescored]:
    """Yield every cell of a run that has scores, with its metrics computed again.

    The metrics are those that the card of its task names now; where the benchmark file itself
    defines the task, those of the record. The one that the leaderboard shows is always among them.

    Raises:
        StoreError: the folder is not that of a run.
        PluginError: a metric is not installed.
    """
    note = store.run()
    columns = {column.name: column for column in note.columns}
    by_cell = {use.cell: (use.key, columns[use.column]) for use in note.uses}
    for folder, (key, column) in by_cell.items():
        result = store.result(folder, key=key)
        if result is None or result.primary is None:
            continue
        targets = _targets(result, column, catalog)
        try:
            scores = _scores(store.cell_folder(folder), result, targets)
        except (StoreError, CellError) as error:
            yield Rescored(folder, result, problem=str(error).partition("\n")[0])
        else:
            yield Rescored(folder, result, scores)


def write_rescored(store: Store, cell: Rescored, *, command: tuple[str, ...]) -> None:
    """Put the new scores in the place of the old ones, which the record keeps beside them.

    Raises:
        StoreError: the folder cannot be written.
    """
    noted = Rescoring(
        metabench=__version__, at=now(), command=command, before=dict(cell.result.scores)
    )
    update = {"scores": dict(cell.scores), "rescoring": noted}
    store.commit_result(cell.folder, cell.result.model_copy(update=update))


def _targets(result: Result, column: ColumnNote, catalog: Catalog) -> Mapping[str, str]:
    offer = catalog.tasks.get(column.task)
    names = offer.value.metrics if offer is not None else tuple(result.scores)
    wanted = dict.fromkeys((*names, column.metric))
    return {name: catalog.metric(name).value.target for name in wanted}


def _scores(folder: Path, result: Result, targets: Mapping[str, str]) -> Mapping[str, float]:
    from metabench.metrics.compute import score  # noqa: PLC0415  (numpy)

    labels, outputs = read_predictions(folder, result)
    return score(targets, labels, outputs)
