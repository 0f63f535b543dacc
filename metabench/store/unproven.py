"""The contents of a run folder that no checksum covers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.store.records.cell import CellNote, Failure, Result, RunNote
from metabench.store.records.seal import is_sealed
from metabench.store.regular_files import is_regular, read_regular

if TYPE_CHECKING:
    from metabench.store.run_folder import Store

__all__ = ["LOGS", "TEXTS", "UNSEALED", "unproven"]

UNSEALED = "records without a sha256, of an older metabench"
TEXTS = "benchmark files whose sha256 no record holds"
LOGS = "logs and metrics, which no record names"
_LEFT = "files that results name and that were left out"
_RECORDS = {
    "cell.json": CellNote, "result.json": Result, "failure.json": Failure,
}  # fmt: skip


def unproven(store: Store) -> Mapping[str, int]:
    """Return how many things of each kind a run folder holds that verifying it cannot judge.

    Raises:
        StoreError: it is not the folder of a run, or a record is damaged.
    """
    note = store.run()
    found = Counter({UNSEALED: _unsealed(store.folder / "run.json", RunNote.most_bytes)})
    texts = (name for name in ("spec.toml", "resolved.toml") if name not in note.texts)
    found[TEXTS] = sum(is_regular(store.folder / name) for name in texts)
    for folder in _folders(store):
        for name, model in _RECORDS.items():
            found[UNSEALED] += _unsealed(folder / name, model.most_bytes)
        found[LOGS] += sum(is_regular(folder / name) for name in ("log.txt", "metrics.jsonl"))
        result = store.cell(folder.name).result
        found[_LEFT] += len(result.left_out) if result else 0
    return {kind: count for kind, count in found.items() if count}


def _folders(store: Store) -> list[Path]:
    cells = {cell.cell for cell in store.run().cells} | {use.cell for use in store.run().uses}
    return [store.cell_folder(name) for name in sorted(cells)]


def _unsealed(path: Path, most: int) -> int:
    """Return 1 for a record that does not end with its hash, else 0."""
    return int(is_regular(path) and not is_sealed(read_regular(path, most=most)))
