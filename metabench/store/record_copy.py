"""A run's records alone: small enough to keep in a repository, whole enough to compare."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, TypeVar

from metabench.errors import StoreError
from metabench.privacy import unplaced
from metabench.store.atomic import commit_file
from metabench.store.file_names import CHECKPOINTS, RESOLVED, RUN, SPEC
from metabench.store.problems import explained
from metabench.store.records.cell import to_json
from metabench.store.verification import verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.store.records.cell import Failure, Result
    from metabench.store.records.run import RunNote
    from metabench.store.run_folder import Store
    from metabench.store.stored_cell import StoredCell

    _Recorded = TypeVar("_Recorded", Result, Failure, RunNote)

__all__ = ["copy_records"]

_PROSE = ("message", "hint", "traceback")


def copy_records(source: Store, target: Store) -> int:
    """Write the records of every planned cell of a run into a new folder; return how many cells.

    The request is copied with the notes, results and failures of the cells. Predictions,
    parameters, logs and checkpoints are not; ``left_out`` of a result lists them with their sha256.
    Absolute and home paths in recorded commands and failures are cut to their last part, as the
    rest reveals local paths. Cells that the run no longer plans are omitted.

    Raises:
        StoreError: the folder is not that of a run, a file of it is damaged, or the new one cannot
            be written.
    """
    note = source.run()
    _check_whole(source)
    cells = list(_cells(source))
    with explained(source.folder), source.root.opened() as here:
        texts = {name: here.read(name) for name in (SPEC, RESOLVED)}
    for name, text in texts.items():
        commit_file(target.root, name, text)
    for cell in cells:
        _copy(cell, target)
    commit_file(target.root, RUN, to_json(_unplaced(note)))
    return len(cells)


def _check_whole(source: Store) -> None:
    """Refuse damage, except in checkpoints, which are not copied and change while a cell runs."""
    damaged = [one for one in verify(source).costly if f"/{CHECKPOINTS}/" not in one.path]
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
        texts = {name: unplaced(getattr(cell.failure, name)) for name in _PROSE}
        failure = cell.failure.model_copy(update=texts)
        target.commit_failure(cell.folder, _unplaced(failure))


def _alone(result: Result) -> Result:
    """Return the record of a result without its files."""
    left = (*result.left_out, *result.files)
    again = result.rescoring
    update = {
        "files": (),
        "left_out": left,
        "rescoring": again and again.model_copy(update={"command": _named(again.command)}),
    }
    return _unplaced(result.model_copy(update=update))


def _unplaced(record: _Recorded) -> _Recorded:
    """Return a record without absolute paths in its command."""
    where = record.provenance
    if where is None:
        return record
    named = where.model_copy(update={"command": _named(where.command)})
    return record.model_copy(update={"provenance": named})


def _named(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command with the last part alone of each path from the root."""
    found = []
    for word in command:
        option, equals, value = word.rpartition("=")
        path = PurePath(value)
        placed = path.is_absolute() or path.parts[:1] == ("~",)
        found.append(f"{option}{equals}{path.name}" if placed else word)
    return tuple(found)
