"""The run folder: files are the truth, a valid ``result.json`` means that a cell is done."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, final

from pydantic import JsonValue

from metabench.errors import StoreError
from metabench.results.commit import commit_bytes, make_folder, store_error
from metabench.results.lock import locked
from metabench.results.records import (
    CellNote,
    Failure,
    Kind,
    Record,
    Result,
    RunNote,
    from_json,
    to_json,
)

__all__ = ["AGAIN", "Store", "StoredCell"]

AGAIN = ".again-"
"""What the folder of a cell is called, before its name, while a cell that is done is run again."""

_CELL, _RESULT, _FAILURE, _RUN = "cell.json", "result.json", "failure.json", "run.json"
_Model = TypeVar("_Model", bound=Record)


@final
@dataclass(frozen=True, slots=True)
class StoredCell:
    """A cell as it lies in a run folder.

    Args:
        folder: name of its folder.
        note: what it is; None where ``cell.json`` is missing or damaged.
        result: what came out, only where it is whole and belongs to this cell.
        failure: what went wrong at the last attempt.
        damage: what cannot be used and why, one sentence each; such a cell is not done.
    """

    folder: str
    note: CellNote | None
    result: Result | None
    failure: Failure | None
    damage: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Key of the cell, "" where no record tells it."""
        known = self._known
        return known.key if known is not None else ""

    @property
    def name(self) -> str:
        """Readable name of the cell; that of the folder where no record tells it."""
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
class Store:
    """Reads and writes one run folder; making a ``Store`` touches nothing.

    Args:
        folder: the run folder; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cells = f"{folder / 'cells'}/"  # joining paths would cost more than reading files

    def lock(self) -> AbstractContextManager[None]:
        """Hold the run folder, which is made where it is missing; see `locked`."""
        return locked(self.folder)

    def cell_folder(self, name: str) -> Path:
        """Return the folder of a cell; it need not exist."""
        return self.folder / "cells" / name

    def cells(self) -> Iterator[StoredCell]:
        """Yield every cell that is there, by name of its folder; damage never raises.

        Raises:
            StoreError: the folder cannot be read.
        """
        try:
            names = sorted(path.name for path in (self.folder / "cells").iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            raise store_error(error, self.folder) from error
        for name in names:
            if not name.startswith(".") and self.cell_folder(name).is_dir():
                yield self.cell(name)

    def cell(self, name: str, *, noted: bool = True) -> StoredCell:
        """Return what the folder of a cell holds; nothing at all where there is none.

        Without ``noted``, ``cell.json`` is not read.
        """
        damage: list[str] = []
        note = self._read(CellNote, name, _CELL, damage) if noted else None
        result = self._read(Result, name, _RESULT, damage)
        failure = self._read(Failure, name, _FAILURE, damage)
        if result is not None:
            found = tuple(self._mismatch(name, result, note))
            damage.extend(found)
            result = None if found else result
        return StoredCell(name, note, result, failure, tuple(damage))

    def note(self, name: str) -> CellNote | None:
        """Return what a cell is, where that is known."""
        return self.cell(name).note

    def result(self, name: str, *, key: str | None = None) -> Result | None:
        """Return the result of a cell that is done; with ``key``, only of that very cell."""
        result = self.cell(name).result
        return result if result is not None and key in {None, result.key} else None

    def failure(self, name: str) -> Failure | None:
        """Return what went wrong in a cell at the last attempt."""
        return self.cell(name).failure

    def run(self) -> RunNote:
        """Return what was asked of the run.

        Raises:
            StoreError: the folder is not that of a run, or ``run.json`` is damaged.
        """
        path = self.folder / _RUN
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError(
                "is not the folder of a run",
                where=str(self.folder),
                hint="name a folder that `metabench run` wrote",
            ) from error
        return from_json(RunNote, data, where=str(path))

    def commit_run(self, spec_text: str, resolved_text: str, note: RunNote) -> None:
        """Write the benchmark file as it was, with its defaults filled in, and what was asked.

        Raises:
            StoreError: the folder cannot be written.
        """
        make_folder(self.folder)
        commit_bytes(self.folder / "spec.toml", spec_text.encode())
        commit_bytes(self.folder / "resolved.toml", resolved_text.encode())
        commit_bytes(self.folder / _RUN, to_json(note))

    def commit_note(self, name: str, note: CellNote) -> None:
        """Write what a cell is, before it starts; makes its folder.

        Raises:
            StoreError: the folder cannot be written.
        """
        self._commit(name, _CELL, note)

    def commit_result(self, name: str, result: Result) -> None:
        """Write what came out, last of all, and forget an earlier failure.

        Raises:
            StoreError: the folder cannot be written.
        """
        self._commit(name, _RESULT, result)
        self.clear_failure(name)

    def commit_failure(self, name: str, failure: Failure) -> None:
        """Write what went wrong.

        Raises:
            StoreError: the folder cannot be written.
        """
        self._commit(name, _FAILURE, failure)

    def clear_failure(self, name: str) -> None:
        """Forget a failure, if there is one.

        Raises:
            StoreError: the folder cannot be written.
        """
        path = self.cell_folder(name) / _FAILURE
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise store_error(error, path) from error

    def _commit(self, name: str, file: str, record: Record) -> None:
        folder = self.cell_folder(name)
        make_folder(folder)
        commit_bytes(folder / file, to_json(record))

    def _read(self, model: type[_Model], name: str, file: str, damage: list[str]) -> _Model | None:
        try:
            return from_json(model, _bytes(f"{self._cells}{name}/{file}"), where=file)
        except FileNotFoundError:
            return None
        except OSError as error:
            damage.append(str(store_error(error, Path(file)).problem))
        except StoreError as error:
            damage.append(str(error))
        return None

    def _mismatch(self, name: str, result: Result, note: CellNote | None) -> Iterator[str]:
        if not name.endswith(result.key[:8]) or (note is not None and note.key != result.key):
            yield f"{_RESULT}: belongs to another cell, {result.name!r}"
        for file in result.files:
            if not _is_whole(f"{self._cells}{name}/{file.path}", size=file.bytes):
                yield f"{file.path}: is missing or has another size than was recorded"


def _bytes(path: str) -> bytes:
    """Return what a file holds; ten thousand small ones are read in half the time of `Path`'s."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        parts = [os.read(descriptor, os.fstat(descriptor).st_size + 1)]
        while parts[-1]:
            parts.append(os.read(descriptor, 1 << 16))
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _is_whole(path: str, *, size: int) -> bool:
    try:
        return os.stat(path).st_size == size  # noqa: PTH116  (a path object costs more than this)
    except OSError:
        return False
