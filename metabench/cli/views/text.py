"""Plain text of commands: aligned columns, times, warnings; everything shown is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from metabench.errors import StoreError
from metabench.escape import visible

__all__ = ["aligned", "cells", "duration", "note", "warn", "write_output"]


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines, with columns as wide as their widest entry."""
    shown = [[visible(entry) for entry in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(
            entry.ljust(width) for entry, width in zip(row, widths, strict=True)
        ).rstrip()


def cells(number: int) -> str:
    """Return a number of cells in words, such as ``1 cell``."""
    return "1 cell" if number == 1 else f"{number} cells"


def duration(seconds: float) -> str:
    """Return a time span in one or two units, such as ``3 min 20 s``.

    >>> duration(200)
    '3 min 20 s'
    """
    if seconds < 10:  # noqa: PLR2004  (below that, tenths are of interest)
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def note(line: str) -> None:
    """Print a line to stderr."""
    click.echo(visible(line), err=True)


def warn(line: str) -> None:
    """Print a warning to stderr."""
    note(f"warning: {line}")


def write_output(path: Path, data: bytes) -> None:
    """Write a file in full or not at all.

    Raises:
        StoreError: the disk is full, the folder cannot be written, or the device failed.
    """
    from metabench.store.atomic import commit_bytes

    try:
        commit_bytes(path, data)
    except StoreError as error:
        raise StoreError(
            error.problem, where=error.where, hint="name a file in another folder with -o FILE"
        ) from error
