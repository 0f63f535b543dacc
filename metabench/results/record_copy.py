"""A run's records alone: small enough to keep in a repository, whole enough to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.errors import StoreError
from metabench.results.commit import commit_bytes, make_folder
from metabench.results.records import to_json
from metabench.results.regular import read_regular
from metabench.results.verification import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.results.records import Result
    from metabench.results.store import Store
    from metabench.results.stored_cell import StoredCell

__all__ = ["copy_records"]

_TEXTS = ("spec.toml", "resolved.toml")


def copy_records(source: Store, target: Store) -> int:
    """Write the records of every planned cell of a run into a new folder; return how many cells.

    What was asked comes along, and the notes, results and failures of the cells. Predictions,
    parameters, logs and checkpoints do not; a result says by ``left_out`` which there were, with
    their sha256. Cells that the run no longer plans are left behind.

    Raises:
        StoreError: the folder is not that of a run, a file of it is damaged, or the new one cannot
            be written.
    """
    note = source.run()
    _check_whole(source)
    cells = list(_cells(source))
    make_folder(target.folder)
    for name in _TEXTS:
        commit_bytes(target.folder / name, read_regular(source.folder / name))
    for cell in cells:
        _copy(cell, target)
    commit_bytes(target.folder / "run.json", to_json(note))
    return len(cells)


def _check_whole(source: Store) -> None:
    """Refuse damage; checkpoints are not copied, and come and go while somebody runs a cell."""
    damaged = [one for one in verify(source).costly if "/checkpoints/" not in one.path]
    if damaged:
        raise StoreError(
            f"{damaged[0].path!r} {damaged[0].problem}: its records are not copied",
            where=str(source.folder),
            hint="see `metabench verify RUN` for all that is damaged, and what to do",
        )


def _cells(source: Store) -> Iterator[StoredCell]:
    """Yield the cells that the run plans and that have a record."""
    note = source.run()
    keys = {cell.cell: cell.key for cell in note.cells} | {use.cell: use.key for use in note.uses}
    for name, key in sorted(keys.items()):
        cell = source.cell(name)
        if cell.key == key and (cell.result is not None or cell.failure is not None):
            yield cell


def _copy(cell: StoredCell, target: Store) -> None:
    if cell.note is not None:
        target.commit_note(cell.folder, cell.note)
    if cell.result is not None:
        target.commit_result(cell.folder, _alone(cell.result))
    if cell.failure is not None:
        target.commit_failure(cell.folder, cell.failure)


def _alone(result: Result) -> Result:
    """Return the record of a result whose files stay behind."""
    left = (*result.left_out, *result.files)
    return result.model_copy(update={"files": (), "left_out": left})
