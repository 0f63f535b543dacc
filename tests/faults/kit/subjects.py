"""What is done to a disk while it misbehaves: one commit each, and what must be there before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch

from metabench.engine.snapshot import Snapshot
from metabench.store.atomic import replace_folder, settle_folders
from metabench.store.checkpoint import CheckpointNote, Checkpoints
from metabench.store.file_names import AGAIN
from metabench.store.folder import Folder
from metabench.store.records.cell import CellNote, Failure, Provenance, Result
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "KEY",
    "NAME",
    "SUBJECTS",
    "checkpoints",
    "commit_checkpoint",
    "commit_failure",
    "commit_result",
    "newest_checkpoint",
    "replace_result",
    "result",
]

KEY = hashlib.sha256(b"cell").hexdigest()
NAME = f"cell-{KEY[:8]}"
_PROVENANCE = Provenance(metabench="0", python="3")
_CELL = {"kind": "adapt", "name": "cell", "key": KEY}


def result(score: float) -> Result:
    """Return a result."""
    return Result(**_CELL, scores={"accuracy": score}, wall_seconds=1.0, provenance=_PROVENANCE)


def commit_failure(folder: Path) -> None:
    """Leave a cell that has failed."""
    failure = Failure(**_CELL, status="diverged", message="not finite", provenance=_PROVENANCE)
    Store(folder).commit_note(NAME, CellNote(**_CELL, inputs={"steps": 3}))
    Store(folder).commit_failure(NAME, failure)


def commit_result(folder: Path) -> None:
    """Commit the note and the result of a cell, as a run does."""
    store = Store(folder)
    store.commit_note(NAME, CellNote(**_CELL, inputs={"steps": 3}))
    store.commit_result(NAME, result(0.75))


def replace_result(folder: Path) -> None:
    """Commit a result beside an older one and put it in its place, as ``run --force`` does."""
    store, again = Store(folder), f"{AGAIN}{NAME}"
    settle_folders(Folder(folder) / "cells")
    store.commit_note(again, CellNote(**_CELL, inputs={"steps": 3}))
    store.commit_result(again, result(0.75))
    replace_folder(store.root / "cells", again, NAME)


def checkpoints(folder: Path) -> Checkpoints:
    """Return the checkpoints of a cell."""
    return Checkpoints(
        Folder(folder) / "checkpoints", key=KEY, profile={"threads": "1"}, interval=1.0
    )


def newest_checkpoint(folder: Path) -> tuple[Snapshot, CheckpointNote] | None:
    """Return the state that the newest checkpoint of the cell holds, and its record."""
    found = checkpoints(folder).newest()
    if found is None:
        return None
    note, state = found
    return Snapshot.of(note.step, state, note.facts, device=torch.device("cpu")), note


def commit_checkpoint(folder: Path, *, step: int = 3, numbers: int = 64) -> None:
    """Save the checkpoint of a step."""
    tensors = {
        "theta": torch.arange(float(numbers)) + step,
        "optimizer/0/exp_avg": torch.full((numbers,), float(step)),
    }
    checkpoints(folder).save(
        Snapshot(step, tensors).packed(),
        step=step,
        facts={"visits": {"rte": step}},
        losses={"first": 1.5},
        wall_seconds=2.0,
        cpu_seconds=3.0,
    )


SUBJECTS = {
    "result": commit_result,
    "again": replace_result,
    "checkpoint": commit_checkpoint,
}
"""By the name that the fork server knows them by."""
