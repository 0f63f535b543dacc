"""The contents of a run folder that no checksum covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from metabench.store.file_names import LOG, METRICS, RESOLVED, SPEC
from metabench.store.problems import explained

if TYPE_CHECKING:
    from metabench.store.run_folder import Store

__all__ = ["LOGS", "TEXTS", "unproven"]

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
        texts = (name for name in (SPEC, RESOLVED) if name not in note.texts)
        found[TEXTS] += sum(map(here.is_regular, texts))
    for cell in store.cells(noted=False):
        with explained(store.folder), store.place(cell.folder).opened() as here:
            found[LOGS] += sum(map(here.is_regular, (LOG, METRICS)))
        found[_LEFT] += len(cell.result.left_out) if cell.result else 0
    return {kind: count for kind, count in found.items() if count}
