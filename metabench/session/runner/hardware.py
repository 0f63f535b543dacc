"""Whether a process may compute cells of a run that has to be computed on one kind of hardware."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, final

from metabench.results.profile import hardware
from metabench.store.atomic import commit_file
from metabench.store.file_names import HARDWARE, LOCK
from metabench.store.lock import locked
from metabench.store.records.provenance import differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.store.run_folder import Store

__all__ = ["RunHardware"]

_PATIENCE_SECONDS = 10.0  # for a process that joins the run


@final
class RunHardware:
    """The kind of processor and GPU that a run's cells have to be computed on.

    It is that of the first process that wanted one kind, or of the first result before it.

    Args:
        store: the run folder.
        same: whether one kind is wanted; else every kind is accepted.
    """

    def __init__(self, store: Store, *, same: bool) -> None:
        self._store, self._same = store, same
        self._first: Mapping[str, str] | None = None

    def differs(self, facts: Mapping[str, str]) -> tuple[str, ...]:
        """Return the differences from the first to a process with these facts; none: it may.

        Args:
            facts: its processor and device, as a provenance names them.

        Raises:
            StoreError: the run folder cannot be read or written.
        """
        if not self._same:
            return ()
        if self._first is None:
            with locked(self._store.root, LOCK, patience=_PATIENCE_SECONDS):
                self._first = self._noted() or self._note(facts)
        return tuple(differences(self._first, facts))

    def _noted(self) -> Mapping[str, str] | None:
        with suppress(OSError, ValueError), self._store.root.opened() as here:
            found = json.loads(here.read(HARDWARE))
            if isinstance(found, dict) and all(isinstance(one, str) for one in found.values()):
                return found
        return None

    def _note(self, facts: Mapping[str, str]) -> Mapping[str, str]:
        results = (cell.result for cell in self._store.cells(noted=False) if cell.result)
        oldest = min(results, key=lambda one: one.provenance.ended, default=None)
        first = (oldest and hardware(oldest.provenance)) or dict(facts)
        commit_file(self._store.root, HARDWARE, (json.dumps(first, indent=1) + "\n").encode())
        return first
