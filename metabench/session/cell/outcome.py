"""The outcome of a cell: numbers for its record, and the bytes of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

from metabench.api.events import CellEnded
from metabench.plan.cell import FineTuneWork, MetaWork
from metabench.privacy import private
from metabench.session.cell.provenance import cell_provenance
from metabench.store.atomic import commit_file
from metabench.store.records.cell import CellNote, Failure, FileNote, WorkNote, record_status
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from metabench.errors import MetabenchError
    from metabench.nn.counter import EvaluationCounter
    from metabench.plan.cell import Cell
    from metabench.session.runtime import Assignment
    from metabench.store.folder import Folder
    from metabench.store.records.provenance import Provenance
    from metabench.store.records.splits import SplitNote

__all__ = [
    "Outcome",
    "cell_facts",
    "cell_note",
    "commit_failure",
    "failure_record",
    "leave",
    "work_note",
]


@final
@dataclass(frozen=True)
class Outcome:
    """The numbers that a cell ends with, as they enter its record."""

    steps: int
    files: tuple[FileNote, ...]
    scores: Mapping[str, float] = field(default_factory=dict)
    primary: str | None = None
    collapsed: bool = False
    train_rows: int | None = None
    scored_rows: int | None = None
    draws: Mapping[str, int] = field(default_factory=dict)
    overlap: Mapping[str, int] = field(default_factory=dict)
    splits: tuple[SplitNote, ...] = ()
    standardised: Mapping[str, float] = field(default_factory=dict)
    references: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    work: WorkNote | None = None
    trained: int | None = None
    notes: tuple[str, ...] = ()


def leave(folder: Folder, name: str, data: bytes) -> FileNote:
    """Write a file of a cell durably; return its note for the record.

    Raises:
        StoreError: the folder cannot be written.
    """
    commit_file(folder, name, data)
    return FileNote(path=name, bytes=len(data), sha256=sha256(data).hexdigest())


def work_note(counter: EvaluationCounter) -> WorkNote:
    """Return the note of a learner's evaluation counts."""
    return WorkNote(
        gradients=counter.gradients,
        hvps=counter.hvps,
        examples=counter.examples,
        tokens=counter.tokens,
    )


def cell_note(cell: Cell) -> CellNote:
    """Return the record's description of a cell."""
    return CellNote(
        kind=cell.kind,
        name=cell.name,
        key=cell.key,
        method=cell.method,
        inputs=cell.inputs,
        needs=cell.needs,
    )


def failure_record(
    cell: Cell, error: MetabenchError, provenance: Provenance, **facts: Any
) -> Failure:
    """Return the record of a cell that failed; ``facts`` are further fields of it.

    Its texts contain no local paths.
    """
    fields = {"message": str(error).partition("\n")[0], "hint": error.hint, **facts}
    fields |= {name: private(text) for name, text in fields.items() if isinstance(text, str)}
    return Failure(**cell_facts(cell), status=record_status(error), provenance=provenance, **fields)


def cell_facts(cell: Cell) -> dict[str, Any]:
    """Return the fields of a record that name its cell: without its folder, too."""
    facts = {"kind": cell.kind, "name": cell.name, "key": cell.key, "method": cell.method}
    match cell.work:
        case FineTuneWork() as work:
            task = work.task
            seeds = {"meta_seed": work.meta_seed, "finetune_seed": work.finetune_seed}
            return {**facts, **seeds, "task": task.card.name, "draw": task.draw}
        case MetaWork() as work:
            return {**facts, "meta_seed": work.seed, "task": work.target or ""}
    return facts


def commit_failure(
    cell: Cell, error: MetabenchError, assignment: Assignment, **facts: Any
) -> CellEnded:
    """Commit the failure of a cell that no worker has any more; return the event."""
    failure = failure_record(cell, error, cell_provenance(cell, assignment), **facts)
    store = Store(assignment.folder)
    store.commit_failure(cell.folder, failure)
    return CellEnded(
        cell.key,
        cell.name,
        failure.status,
        failure.wall_seconds or 0.0,
        message=failure.message,
        folder=str(store.cell_folder(cell.folder)),
    )
