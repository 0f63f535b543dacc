"""New scores of predictions that are there, committed: no training, no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.privacy import private
from metabench.session.cell.provenance import now
from metabench.store.atomic import commit_file
from metabench.store.file_names import LOG, METRICS, PREDICTIONS
from metabench.store.problems import explained
from metabench.store.records.cell import Rescoring
from metabench.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.store.records.cell import CellNote, Result
    from metabench.store.run_folder import Store

__all__ = ["commit_scores"]

_KEPT = (PREDICTIONS, LOG, METRICS)
"""The files that a cell takes over from the one whose predictions are scored."""


def commit_scores(
    store: Store,
    source: str,
    older: Result,
    scores: Mapping[str, float],
    *,
    note: CellNote | None,
    command: tuple[str, ...],
) -> str:
    """Commit new scores of a cell, or as another cell of the same work; return its folder's name.

    Args:
        store: the run folder.
        source: folder of the cell whose predictions were scored.
        older: its record.
        scores: score by metric.
        note: the cell of the scores, if known. A cell with other metrics gets a separate folder and
            takes over predictions, log and curves; ``source`` stays.
        command: the command line.

    Raises:
        StoreError: the folder cannot be written.
    """
    moved = note is not None and note.key != older.key
    noted = Rescoring(
        metabench=__version__,
        at=now(),
        command=tuple(map(private, command)),
        before=dict(older.scores),
        source=source if moved else "",
    )
    result = older.model_copy(update={"scores": dict(scores), "rescoring": noted})
    if note is None or not moved:
        store.commit_result(source, result)
        return source
    folder = f"{note.name}-{note.key[:8]}"
    with explained(store.cell_folder(source)), store.place(source).opened() as here:
        for name in filter(here.is_regular, _KEPT):
            commit_file(store.place(folder), name, here.read(name, most=None))
    store.commit_note(folder, note)
    own = {"name": note.name, "key": note.key, "method": note.method}
    store.commit_result(folder, result.model_copy(update=own))
    return folder
