"""A completed cell that runs again, next to its result, which stays until there is a new one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, final

from metabench.results.profile import same_environment
from metabench.results.repeats import same_numbers
from metabench.store.atomic import commit_file, keep_files, replace_folder
from metabench.store.file_names import AGAIN, CELL, CELLS, CHECKPOINTS, EARLIER, LOG, RESULT
from metabench.store.problems import explained

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.store.folder import Folder
    from metabench.store.records.cell import CellNote, Result
    from metabench.store.run_folder import Store

__all__ = ["DIFFERS", "Stage"]

DIFFERS: Final = (
    "nondeterministic: an earlier result has other numbers, on the same machine profile"
)


@final
class Stage:
    """Where a cell's files go while it runs.

    Args:
        cell: the cell.
        store: the run folder.
    """

    def __init__(self, cell: Cell, store: Store) -> None:
        self.final = cell
        self._store = store
        self.beside = store.result(cell.folder, key=cell.key) is not None
        self.cell = replace(cell, name=f"{AGAIN}{cell.name}") if self.beside else cell
        self.discard()

    def commit(self, note: CellNote, result: Result) -> Result:
        """Commit the result and return it; an older one with other numbers is kept.

        It is kept in ``earlier``; if the execution environment was the same, the new one notes it.

        Raises:
            StoreError: the folder cannot be written.
        """
        older = self._store.result(self.final.folder, key=self.final.key) if self.beside else None
        if older is None:
            self._store.commit_result(self.final.folder, result)
            return result
        fresh = self._store.place(self.cell.folder)
        final = self._store.place(self.final.folder)
        with explained(final.path), fresh.opened() as new, final.opened() as old:
            new.remove_tree(CHECKPOINTS)
            log = old.read(LOG)
        commit_file(fresh, LOG, log)
        result = _beside(older, result, final, fresh=fresh)
        self._store.commit_note(self.cell.folder, note)
        self._store.commit_result(self.cell.folder, result)
        replace_folder(self._store.root / CELLS, self.cell.folder, self.final.folder)
        return result

    def discard(self) -> None:
        """Remove an unfinished attempt next to an older result."""
        if self.beside:
            with suppress(OSError), (self._store.root / CELLS).opened() as here:
                here.remove_tree(self.cell.folder)


def _beside(older: Result, result: Result, final: Folder, *, fresh: Folder) -> Result:
    """Keep older results next to a new one that differs; return it with its warning."""
    kept = _numbered(final / EARLIER)
    for name, files in kept.items():
        keep_files(final / EARLIER / name, fresh / EARLIER / name, files)
    flagged = older.nondeterministic
    if not same_numbers(older, result):
        names = [CELL, RESULT, *(file.path for file in older.files)]
        keep_files(final, fresh / EARLIER / str(len(kept) + 1), names)
        flagged = flagged or same_environment(older.provenance, result.provenance)
    return result.model_copy(update={"nondeterministic": flagged})


def _numbered(folder: Folder) -> dict[str, list[str]]:
    """Return the names of the files of each older result, by the name of its folder."""
    found = {}
    with explained(folder.path), suppress(FileNotFoundError), folder.opened() as here:
        for name in here.folders():
            if name.isdecimal():
                with here.enter(name) as inner:
                    found[name] = inner.names()
    return found
