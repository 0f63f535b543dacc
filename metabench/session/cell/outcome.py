"""What a cell leaves: numbers for its record, and the bytes of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench.store.records.cell import FileNote, WorkNote

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.nn.counter import EvaluationCounter

__all__ = ["Outcome", "file_note", "work_note"]


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
    work: WorkNote | None = None


def file_note(folder: Path, name: str, sha256: str) -> FileNote:
    """Return the note of a file that has just been written."""
    return FileNote(path=name, bytes=(folder / name).stat().st_size, sha256=sha256)


def work_note(counter: EvaluationCounter) -> WorkNote:
    """Return the note of what a learner has evaluated."""
    return WorkNote(
        gradients=counter.gradients,
        hvps=counter.hvps,
        examples=counter.examples,
        tokens=counter.tokens,
    )
