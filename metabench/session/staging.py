"""A cell that is done is run again beside its result, which stays until there is a new one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, final

from metabench.results.commit import commit_bytes, commit_folder
from metabench.results.store import AGAIN

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.results.records import CellNote, Result
    from metabench.results.store import Store

__all__ = ["Stage"]


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

    def commit(self, note: CellNote, result: Result) -> None:
        """Make the result the cell's own, in the place of an older one.

        Raises:
            StoreError: the folder cannot be written.
        """
        if not self.beside:
            self._store.commit_result(self.final.folder, result)
            return
        fresh = self._store.cell_folder(self.cell.folder)
        final = self._store.cell_folder(self.final.folder)
        shutil.rmtree(fresh / "checkpoints", ignore_errors=True)
        commit_bytes(fresh / "log.txt", (final / "log.txt").read_bytes())
        self._store.commit_note(self.cell.folder, note)
        self._store.commit_result(self.cell.folder, result)
        commit_folder(fresh, final)

    def discard(self) -> None:
        """Leave nothing of an attempt that did not end beside an older result."""
        if self.beside:
            shutil.rmtree(self._store.cell_folder(self.cell.folder), ignore_errors=True)
