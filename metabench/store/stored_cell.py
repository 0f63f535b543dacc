"""A cell of a run folder, in any state."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, TypeVar, final

from pydantic import JsonValue

from metabench.errors import StoreError
from metabench.store.file_names import CELL, FAILURE, LOCK, RESULT
from metabench.store.folder import OpenFolder
from metabench.store.problems import store_error
from metabench.store.records.cell import CellNote, Failure, Kind, Record, Result, from_json
from metabench.store.records.seal import NewerRecordError

__all__ = ["NO_RECORDS", "CellReader", "Stamp", "StoredCell", "stamp_of", "unread"]

_Stamp: TypeAlias = tuple[int, int, int]
Stamp: TypeAlias = tuple[_Stamp, ...]
"""Which result and which failure a cell has, without reading them; only to be compared."""

_NOTHING: Final[_Stamp] = (0, 0, 0)
NO_RECORDS: Final[Stamp] = (_NOTHING, _NOTHING)
"""The stamp of a cell that has neither a result nor a failure."""

_Model = TypeVar("_Model", bound=Record)


@final
@dataclass(frozen=True, slots=True)
class StoredCell:
    """A cell of a run folder.

    Args:
        folder: name of its folder.
        note: its description; None where ``cell.json`` is missing or damaged.
        result: its result, only if it is intact and belongs to this cell.
        failure: the failure of its last attempt.
        damage: the unusable files with reasons, one sentence each; such a cell is not done.
        stamp: the stamps of the result and the failure that were read.
        lock: whether there is a lock file, which a process that runs the cell would hold.
    """

    folder: str
    note: CellNote | None
    result: Result | None
    failure: Failure | None
    damage: tuple[str, ...] = ()
    stamp: Stamp = NO_RECORDS
    lock: bool = False

    @property
    def key(self) -> str:
        """Key of the cell, "" where no record holds it."""
        known = self._known
        return known.key if known is not None else ""

    @property
    def name(self) -> str:
        """Readable name of the cell; that of the folder where no record holds it."""
        known = self._known
        return known.name if known is not None else self.folder

    @property
    def kind(self) -> Kind | None:
        """Stage of the cell."""
        known = self._known
        return known.kind if known is not None else None

    @property
    def method(self) -> str:
        """Method that the cell was planned for first."""
        known = self._known
        return known.method if known is not None else ""

    @property
    def inputs(self) -> Mapping[str, JsonValue]:
        """All that the cell's numbers depend on; empty where ``cell.json`` is missing."""
        return self.note.inputs if self.note is not None else {}

    @property
    def _known(self) -> CellNote | Result | Failure | None:
        return self.note or self.result or self.failure


@final
class CellReader:
    """Reads cells from open folders; a record is parsed once, until its file is another."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[_Stamp, Record | StoreError | None]] = {}

    def cell(self, cells: OpenFolder, name: str, *, noted: bool) -> StoredCell:
        """Return the content of a cell's folder; without ``noted``, ``cell.json`` is not read.

        Raises:
            NewerRecordError: a record was written by a newer metabench.
        """
        try:
            with cells.enter(name) as here:
                return self._cell(here, name, noted=noted)
        except FileNotFoundError:
            return StoredCell(name, None, None, None)
        except OSError as error:
            return unread(name, error)

    def record(
        self, model: type[_Model], here: OpenFolder, file: str, *, cell: str = ""
    ) -> _Model | StoreError | None:
        """Return a record, or why it cannot be used; None where there is none.

        Raises:
            NewerRecordError: it is of a newer metabench.
        """
        known = self._known.get((cell, file))
        if known is None or known[0] != _stamp(here, file):
            known = self._known[cell, file] = _parsed(model, here, file)
        found = known[1]
        if found is None or isinstance(found, (model, StoreError)):
            return found
        raise TypeError(f"{file} was read as {type(found).__name__}")

    def _cell(self, here: OpenFolder, name: str, *, noted: bool) -> StoredCell:
        damage: list[str] = []
        there = here.names()
        note = self._whole(CellNote, here, (name, CELL), damage) if noted else None
        result = self._whole(Result, here, (name, RESULT), damage)
        if FAILURE in there:
            failure = self._whole(Failure, here, (name, FAILURE), damage)
        else:
            failure = None
            self._known[name, FAILURE] = _NOTHING, None
        if result is not None:
            found = tuple(_mismatch(here, name, result, note))
            damage.extend(found)
            result = None if found else result
        stamp = self._known[name, RESULT][0], self._known[name, FAILURE][0]
        return StoredCell(name, note, result, failure, tuple(damage), stamp, LOCK in there)

    def _whole(
        self, model: type[_Model], here: OpenFolder, place: tuple[str, str], damage: list[str]
    ) -> _Model | None:
        name, file = place
        found = self.record(model, here, file, cell=name)
        if isinstance(found, StoreError):
            damage.append(f"{file}: {found.problem}")
            return None
        return found


def unread(name: str, error: OSError) -> StoredCell:
    """Return a cell whose folder cannot be opened."""
    problem = store_error(error, Path(name)).problem
    return StoredCell(name, None, None, None, (f"its folder: {problem}",))


def stamp_of(here: OpenFolder | None) -> Stamp:
    """Return which records a folder has; None is a folder that is not there."""
    return _stamp(here, RESULT), _stamp(here, FAILURE)


def _stamp(here: OpenFolder | None, file: str) -> _Stamp:
    # A record is committed while the one before it is there, so that the two are different files.
    found = here.facts(file) if here is not None else None
    return _NOTHING if found is None else _stamp_from(found)


def _stamp_from(facts: os.stat_result) -> _Stamp:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _parsed(
    model: type[_Model], here: OpenFolder, file: str
) -> tuple[_Stamp, _Model | StoreError | None]:
    try:
        data, facts = here.read_with_facts(file, most=model.most_bytes)
    except FileNotFoundError:
        return _NOTHING, None
    except OSError as error:
        return _stamp(here, file), store_error(error, Path(file))
    try:
        return _stamp_from(facts), from_json(model, data, where=file)
    except NewerRecordError:
        raise
    except StoreError as error:
        return _stamp_from(facts), error.with_traceback(None)


def _mismatch(here: OpenFolder, name: str, result: Result, note: CellNote | None) -> Iterator[str]:
    if not name.endswith(result.key[:8]) or (note is not None and note.key != result.key):
        yield f"{RESULT}: belongs to another cell, {result.name!r}"
    for file in result.files:
        if not here.is_regular(file.path, size=file.bytes):
            yield f"{file.path}: is missing or has another size than was recorded"
