"""The run folder: files are the truth, a valid ``result.json`` means that a cell is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias, TypeVar, final

from metabench.errors import StoreError
from metabench.store.atomic import commit_bytes, make_folder, no_run_error, store_error
from metabench.store.leftovers import AGAIN, sweep
from metabench.store.lock import locked
from metabench.store.processes import alone, joining, present
from metabench.store.records.cell import (
    CellNote,
    Failure,
    Record,
    Result,
    RunNote,
    from_json,
    to_json,
)
from metabench.store.records.migrations import NewerRecordError
from metabench.store.records.run import joined_note
from metabench.store.regular_files import is_regular, read_regular, require_folder
from metabench.store.stored_cell import StoredCell

__all__ = ["AGAIN", "LOCK", "Stamp", "Store", "StoredCell"]

LOCK = "LOCK"
"""The file, in the folder of a cell, that whoever runs the cell holds."""

Stamp: TypeAlias = tuple[tuple[int, int, int], ...]
"""Which result and which failure a cell has, without reading them; only to be compared."""

_CELL, _RESULT, _FAILURE, _RUN = "cell.json", "result.json", "failure.json", "run.json"
_Model = TypeVar("_Model", bound=Record)


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
        """Hold the run folder alone; it is made where it is missing. See `alone`."""
        return alone(self.folder)

    @contextmanager
    def join(self, spec_text: str, resolved_text: str, note: RunNote) -> Iterator[bool]:
        """Work on the run folder, with others that were asked the same; write what was asked.

        Yields whether nobody else works on it.

        Raises:
            LockError: another process works on it that was asked something else, or the file
                system has no locks.
            StoreError: the folder cannot be written.
        """
        with ExitStack() as stack:
            with joining(self.folder) as others:
                if others:
                    both = joined_note(self.run(), note, others[0], where=str(self.folder))
                    self.rewrite_run(both)
                else:
                    sweep(self)
                    self.commit_run(spec_text, resolved_text, note)
                stack.enter_context(present(self.folder))
            yield not others

    def lock_cell(self, name: str) -> AbstractContextManager[None]:
        """Hold a cell, whose folder is made where it is missing; nobody else can run it.

        The context raises `HeldError` where another process holds it.
        """
        self._require_own(name)
        return locked(self.cell_folder(name) / LOCK)

    def stamp(self, name: str) -> Stamp:
        """Return which records a cell has now; it changes with each one that is committed."""
        return tuple(_stamp(f"{self._cells}{name}/{file}") for file in (_RESULT, _FAILURE))

    def cell_folder(self, name: str) -> Path:
        """Return the folder of a cell; it need not exist."""
        return self.folder / "cells" / name

    def cells(self) -> Iterator[StoredCell]:
        """Yield every cell that is there, by name of its folder; damage never raises.

        Raises:
            StoreError: the folder cannot be read, or a record is of a newer metabench.
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

        Raises:
            NewerRecordError: a record is of a newer metabench.
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
            data = read_regular(path)
        except FileNotFoundError as error:
            raise no_run_error(self.folder) from error
        except OSError as error:
            raise store_error(error, path) from error
        return from_json(RunNote, data, where=str(path))

    def commit_run(self, spec_text: str, resolved_text: str, note: RunNote) -> None:
        """Write the benchmark file as it was, with its defaults filled in, and what was asked.

        Raises:
            StoreError: the folder cannot be written.
        """
        make_folder(self.folder)
        texts = {"spec.toml": spec_text.encode(), "resolved.toml": resolved_text.encode()}
        for name, text in texts.items():
            commit_bytes(self.folder / name, text)
        hashes = {name: sha256(text).hexdigest() for name, text in texts.items()}
        self.rewrite_run(note.model_copy(update={"texts": hashes}))

    def rewrite_run(self, note: RunNote) -> None:
        """Write what was asked, where the benchmark files stay as they are.

        Raises:
            StoreError: the folder cannot be written.
        """
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
        self._require_own(name)
        make_folder(folder)
        commit_bytes(folder / file, to_json(record))

    def _require_own(self, name: str) -> None:
        """Refuse a folder that leads out of the run folder."""
        for folder in (self.folder / "cells", self.cell_folder(name)):
            try:
                require_folder(folder)
            except OSError as error:
                raise store_error(error, folder) from error

    def _read(self, model: type[_Model], name: str, file: str, damage: list[str]) -> _Model | None:
        try:
            data = read_regular(f"{self._cells}{name}/{file}", most=model.most_bytes)
            return from_json(model, data, where=file)
        except FileNotFoundError:
            return None
        except NewerRecordError:
            raise
        except OSError as error:
            damage.append(f"{file}: {store_error(error, Path(file)).problem}")
        except StoreError as error:
            damage.append(f"{file}: {error.problem}")
        return None

    def _mismatch(self, name: str, result: Result, note: CellNote | None) -> Iterator[str]:
        if not name.endswith(result.key[:8]) or (note is not None and note.key != result.key):
            yield f"{_RESULT}: belongs to another cell, {result.name!r}"
        for file in result.files:
            if not is_regular(f"{self._cells}{name}/{file.path}", size=file.bytes):
                yield f"{file.path}: is missing or has another size than was recorded"


def _stamp(path: str) -> tuple[int, int, int]:
    # A record is committed while the one before it is there, so that the two are different files.
    try:
        found = os.stat(path, follow_symlinks=False)  # noqa: PTH116  (a path object costs more)
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)
