"""The contents of a run folder that no checksum covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from metabench.store.file_names import CELL, FAILURE, LOG, METRICS, RESOLVED, RESULT, RUN, SPEC
from metabench.store.problems import explained
from metabench.store.records.seal import is_sealed

if TYPE_CHECKING:
    from metabench.store.folder import OpenFolder
    from metabench.store.run_folder import Store

__all__ = ["LOGS", "TEXTS", "UNSEALED", "unproven"]

UNSEALED = "records without a sha256, of an older metabench"
TEXTS = "benchmark files whose sha256 no record holds"
LOGS = "logs and metrics, which no record names"
_LEFT = "files that results name and that were left out"


def unproven(store: Store) -> Mapping[str, int]:
    """Return how many things of each kind a run folder holds that verifying it cannot judge.

    Raises:
        StoreError: it is not the folder of a run, or it cannot be read.
    """
    note = store.run()
    found: Counter[str] = Counter()
    with explained(store.folder), store.root.opened() as here:
        found[UNSEALED] += _unsealed(here, RUN)
        texts = (name for name in (SPEC, RESOLVED) if name not in note.texts)
        found[TEXTS] += sum(map(here.is_regular, texts))
    for cell in store.cells(noted=False):
        with explained(store.folder), store.place(cell.folder).opened() as here:
            found[UNSEALED] += sum(_unsealed(here, name) for name in (CELL, RESULT, FAILURE))
            found[LOGS] += sum(map(here.is_regular, (LOG, METRICS)))
        found[_LEFT] += len(cell.result.left_out) if cell.result else 0
    return {kind: count for kind, count in found.items() if count}


def _unsealed(here: OpenFolder, name: str) -> int:
    """Return 1 for a record that does not end with its hash, else 0."""
    return int(here.is_regular(name) and not is_sealed(here.read(name)))
