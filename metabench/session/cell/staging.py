"""A cell that is done is run again beside its result, which stays until there is a new one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, final

from metabench.results.profile import same_profile
from metabench.results.repeats import same_numbers
from metabench.store.atomic import commit_bytes, commit_folder, keep_files
from metabench.store.run_folder import AGAIN

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.plan.cell import Cell
    from metabench.store.records.cell import CellNote, Result
    from metabench.store.run_folder import Store

__all__ = ["EARLIER", "Stage"]

EARLIER = "earlier"
"""Where a cell keeps older results that have other numbers, below its folder, numbered from 1."""


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
        """Make the result the cell's own and return it; an older one with other numbers is kept.

        It lies in ``earlier``, and where the machine profile was the same, the new one says so.

        Raises:
            StoreError: the folder cannot be written.
        """
        older = self._store.result(self.final.folder, key=self.final.key) if self.beside else None
        if older is None:
            self._store.commit_result(self.final.folder, result)
            return result
        fresh = self._store.cell_folder(self.cell.folder)
        final = self._store.cell_folder(self.final.folder)
        shutil.rmtree(fresh / "checkpoints", ignore_errors=True)
        commit_bytes(fresh / "log.txt", (final / "log.txt").read_bytes())
        result = _beside(older, result, final, fresh=fresh)
        self._store.commit_note(self.cell.folder, note)
        self._store.commit_result(self.cell.folder, result)
        commit_folder(fresh, final)
        return result

    def discard(self) -> None:
        """Leave nothing of an attempt that did not end beside an older result."""
        if self.beside:
            shutil.rmtree(self._store.cell_folder(self.cell.folder), ignore_errors=True)


def _beside(older: Result, result: Result, final: Path, *, fresh: Path) -> Result:
    """Keep older results beside a new one that differs; return it with what has to be said."""
    kept = sorted((final / EARLIER).glob("[0-9]*"))
    for folder in kept:
        keep_files(folder, fresh / EARLIER / folder.name, [path.name for path in folder.iterdir()])
    flagged = older.nondeterministic
    if not same_numbers(older, result):
        names = ["cell.json", "result.json", *(file.path for file in older.files)]
        keep_files(final, fresh / EARLIER / str(len(kept) + 1), names)
        flagged = flagged or same_profile(older.provenance, result.provenance)
    return result.model_copy(update={"nondeterministic": flagged})
