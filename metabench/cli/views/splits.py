"""The counts of splits as lines: texts cut, unknown words, examples of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.cli.views.cells import class_counts
from metabench.cli.views.text import aligned
from metabench.quantities import percent
from metabench.store.records.splits import fit_notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.store.records.splits import SplitNote

__all__ = ["split_lines"]


def split_lines(notes: Sequence[SplitNote]) -> Iterator[str]:
    """Yield a line per split, then notes on truncation and unknown words."""
    yield ""
    rows = [("task", "split", "examples", "cut", "unknown words", "examples of each class")]
    rows += [
        (
            note.task, note.split, f"{note.rows:,}", f"{percent(note.cut / max(1, note.rows))} %",
            f"{percent(note.unknown / max(1, note.words))} %", class_counts(note.classes) or "-",
        )
        for note in notes
    ]  # fmt: skip
    yield from aligned(rows)
    yield from (f"note: {line}" for line in fit_notes(notes))
