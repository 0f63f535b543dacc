"""The run folder: files are the truth, a valid ``result.json`` means that a cell is done."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import final

from metabench.errors import StoreError
from metabench.store import processes
from metabench.store.atomic import commit_file
from metabench.store.file_names import (
    CELL,
    CELLS,
    FAILURE,
    LOCK,
    RESOLVED,
    RESULT,
    RUN,
    SPEC,
)
from metabench.store.folder import Folder
from metabench.store.identity import LockOwner
from metabench.store.leftovers import sweep
from metabench.store.lock import locked
from metabench.store.problems import explained, no_run_error, store_error
from metabench.store.records.cell import (
    CellNote,
    Failure,
    FileNote,
    Record,
    Result,
    RunNote,
    to_json,
)
from metabench.store.records.run import joined_note, with_texts
from metabench.store.stored_cell import CellReader, Stamp, StoredCell, stamp_of, unread

__all__ = ["Stamp", "Store", "StoredCell", "reading_many"]


@contextmanager
def reading_many() -> Iterator[None]:
    """Put off garbage collection while thousands of records are read and in use.

    They hold no cycles, so that a collection finds nothing in them, and looks at all each time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@final
class Store:
    """Reads and writes one run folder; making a ``Store`` touches nothing.

    Args:
        folder: the run folder; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = Folder(folder)
        self._cells = self.root / CELLS
        self._reader = CellReader()

    def lock(self) -> AbstractContextManager[None]:
        """Hold the run folder alone; it is made where it is missing. See `alone`."""
        return processes.alone(self.folder)

    @contextmanager
    def join(self, spec_text: str, resolved_text: str, note: RunNote) -> Iterator[bool]:
        """Join the processes of the run folder with an equal request, and write it.

        Yields whether no other process works on it.

        Raises:
            LockError: another process works on it with another request, the file system has no
                locks, or it keeps them local to a machine.
            StoreError: the folder cannot be written.
        """
        processes.refuse_unseen(self.folder)
        data = to_json(with_texts(note, spec_text, resolved_text))  # before the folder is held
        with ExitStack() as stack:
            with processes.joining(self.folder) as others:
                if others:
                    self._add_request(note, data, others[0])
                else:
                    processes.forget_cancel(self.folder)
                    sweep(self.root, self.is_done)
                    self.commit_run(spec_text, resolved_text, note)
                stack.enter_context(processes.present(self.folder))
            processes.refuse_unseen(self.folder)  # one that joined meanwhile
            yield not others

    def _add_request(self, asked: RunNote, data: bytes, owner: LockOwner) -> None:
        """Have the request cover that of a process that joins; an equal one stays unread."""
        with suppress(OSError), self.root.opened() as here:
            if here.read(RUN) == data:
                return
        there = self.run()
        both = joined_note(there, asked, owner, where=str(self.folder))
        if both != there:
            self.rewrite_run(both)

    def lock_cell(self, name: str) -> AbstractContextManager[None]:
        """Hold a cell, so that no other process runs it; a missing folder is created.

        The context raises `HeldError` if another process holds it.
        """
        return locked(self.place(name), LOCK)

    def stamp(self, name: str) -> Stamp:
        """Return which records a cell has now; it changes with each one that is committed."""
        with suppress(OSError), self.place(name).opened() as here:
            return stamp_of(here)
        return stamp_of(None)

    def place(self, name: str) -> Folder:
        """Return the folder of a cell, to be opened; it need not exist."""
        return self._cells / name

    def cell_folder(self, name: str) -> Path:
        """Return where the folder of a cell is, for messages."""
        return self.place(name).path

    def cells(
        self, names: Iterable[str] | None = None, *, noted: bool = True
    ) -> Iterator[StoredCell]:
        """Yield every cell that is there, by name of its folder; damage never raises.

        With ``names``, those cells in that order, whether they are there or not. Without ``noted``,
        ``cell.json`` is not read.

        Raises:
            StoreError: the folder cannot be read, or a record was written by a newer metabench.
        """
        with explained(self.folder), reading_many():
            try:
                with self._cells.opened() as here:
                    for name in here.folders() if names is None else names:
                        yield self._reader.cell(here, name, noted=noted)
            except FileNotFoundError:
                yield from (StoredCell(name, None, None, None) for name in names or ())

    def names(self) -> list[str]:
        """Return the names of the folders of cells, sorted.

        Raises:
            StoreError: the folder cannot be read, or it is a link.
        """
        with explained(self.folder), suppress(FileNotFoundError), self._cells.opened() as here:
            return here.folders()
        return []

    def is_done(self, name: str) -> bool:
        """Return whether a cell has a valid result."""
        return self.cell(name, noted=False).result is not None

    def cell(self, name: str, *, noted: bool = True) -> StoredCell:
        """Return the content of a cell's folder; empty where there is none.

        Without ``noted``, ``cell.json`` is not read. A record is parsed once, until it changes.

        Raises:
            NewerRecordError: a record was written by a newer metabench.
        """
        try:
            with self._cells.opened() as here:
                return self._reader.cell(here, name, noted=noted)
        except FileNotFoundError:
            return StoredCell(name, None, None, None)
        except OSError as error:
            return unread(name, error)

    def read_file(self, name: str, noted: FileNote) -> bytes:
        """Return a file of a cell that its result names.

        Raises:
            StoreError: it is missing, or its size or sha256 differ from the record.
        """
        with suppress(OSError), self.place(name).opened() as here:
            data = here.read(noted.path, most=noted.bytes)
            if sha256(data).hexdigest() == noted.sha256:
                return data
        raise StoreError(
            "is missing or damaged",
            where=str(self.cell_folder(name) / noted.path),
            hint="run the cell again with `metabench run FILE --force --only …`",
        )

    def note(self, name: str) -> CellNote | None:
        """Return the description of a cell, if known."""
        return self.cell(name).note

    def result(self, name: str, *, key: str | None = None) -> Result | None:
        """Return the result of a cell that is done; with ``key``, only of that very cell."""
        result = self.cell(name, noted=False).result
        return result if result is not None and key in {None, result.key} else None

    def failure(self, name: str) -> Failure | None:
        """Return the failure of a cell's last attempt."""
        return self.cell(name, noted=False).failure

    def run(self) -> RunNote:
        """Return the request of the run.

        Raises:
            StoreError: the folder is no run folder, or ``run.json`` is damaged.
        """
        path = self.folder / RUN
        try:
            with self.root.opened() as here:
                processes.require_own_folders(here, self.folder)
                found = self._reader.record(RunNote, here, RUN)
        except FileNotFoundError as error:
            raise no_run_error(self.folder) from error
        except OSError as error:
            raise store_error(error, path) from error
        if found is None:
            raise no_run_error(self.folder)
        if isinstance(found, StoreError):
            raise StoreError(found.problem, where=str(path), hint=found.hint)
        return found

    def require_file(self, name: str) -> None:
        """Refuse a file of the run that is there and is a link, a pipe or the like.

        Raises:
            StoreError: it is.
        """
        with explained(self.folder / name), suppress(FileNotFoundError), self.root.opened() as here:
            here.stream(name).close()

    def commit_run(self, spec_text: str, resolved_text: str, note: RunNote) -> None:
        """Write the original benchmark file, the one with all defaults, and the request.

        Raises:
            StoreError: the folder cannot be written.
        """
        for name, text in {SPEC: spec_text, RESOLVED: resolved_text}.items():
            commit_file(self.root, name, text.encode())
        self.rewrite_run(with_texts(note, spec_text, resolved_text))

    def rewrite_run(self, note: RunNote) -> None:
        """Write the request; the benchmark files stay.

        Raises:
            StoreError: the folder cannot be written.
        """
        commit_file(self.root, RUN, to_json(note))

    def commit_note(self, name: str, note: CellNote) -> None:
        """Write the description of a cell before it starts; creates its folder.

        Raises:
            StoreError: the folder cannot be written.
        """
        self._commit(name, CELL, note)

    def commit_result(self, name: str, result: Result) -> None:
        """Write the result, last of all, and delete an earlier failure.

        Raises:
            StoreError: the folder cannot be written.
        """
        self._commit(name, RESULT, result)
        self.clear_failure(name)

    def commit_failure(self, name: str, failure: Failure) -> None:
        """Write the failure.

        Raises:
            StoreError: the folder cannot be written.
        """
        self._commit(name, FAILURE, failure)

    def clear_failure(self, name: str) -> None:
        """Forget a failure, if there is one.

        Raises:
            StoreError: the folder cannot be written.
        """
        path = self.cell_folder(name) / FAILURE
        with explained(path), suppress(FileNotFoundError), self.place(name).opened() as here:
            here.remove(FAILURE)

    def _commit(self, name: str, file: str, record: Record) -> None:
        commit_file(self.place(name), file, to_json(record))
