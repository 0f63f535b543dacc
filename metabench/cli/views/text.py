"""Plain text of commands, and the one place that prints: nothing in it acts on a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from metabench.cli.surroundings import unwritten
from metabench.errors import StoreError
from metabench.escape import json_safe, visible

__all__ = [
    "aligned",
    "complain",
    "echo",
    "echo_json",
    "echo_text",
    "note",
    "warn",
    "write_output",
]

_BREAKS = "\n\t"
_PAINT = re.compile(r"(\x1b\[[0-9;]*m)")


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines, with columns as wide as their widest entry."""
    shown = [[visible(entry) for entry in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(
            entry.ljust(width) for entry, width in zip(row, widths, strict=True)
        ).rstrip()


def echo(*lines: str) -> None:
    """Print lines to stdout."""
    for line in lines:
        _print(f"{visible(line)}\n")


def echo_text(text: str, *, painted: bool = False) -> None:
    """Print a text of several lines to stdout; ``painted`` lets colours pass, and nothing else."""
    parts = _PAINT.split(text) if painted else [text]
    shown = (part if at % 2 else visible(part, keep=_BREAKS) for at, part in enumerate(parts))
    _print("".join(shown), painted=painted)


def echo_json(tree: Any) -> None:
    r"""Print JSON to stdout; invisible characters are written as ``\u…``."""
    _print(f"{json_safe(json.dumps(tree, indent=2, ensure_ascii=False))}\n")


def _print(text: str, *, painted: bool = False) -> None:
    try:
        click.echo(text, nl=False, color=painted or None)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritten(error) from error


def note(line: str) -> None:
    """Print a line to stderr, if it can be written to."""
    complain(visible(line))


def warn(line: str) -> None:
    """Print a warning to stderr."""
    note(f"warning: {line}")


def complain(text: str) -> None:
    """Print a text of several lines to stderr, such as an error; ignore a closed stderr."""
    with suppress(OSError):
        click.echo(visible(text, keep=_BREAKS), err=True)


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
