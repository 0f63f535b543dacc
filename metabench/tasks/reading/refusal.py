"""Errors about a file of rows, with line, value and hint."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from metabench.errors import DataError
from metabench.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metabench.api.task import DataFile, TaskCard

__all__ = [
    "MOST_SHOWN", "because", "class_names", "nearest", "not_shown", "quoted", "quoted_names",
    "refused", "refused_rows", "why_withheld",
]  # fmt: skip

MOST_SHOWN = 3
"""Number of bad rows that are listed; the others are counted."""

_LONGEST_QUOTE = 60
_MOST_NAMES = 12
_LONGEST_NAME = 100


def refused(file: DataFile, what: str, *, line: int = 0, hint: str = "") -> DataError:
    """Return the error for a file, or for one line of it (counted from 1; 0 is the file)."""
    named = f"correct the file, which {file.place} names" if file.place else "correct the file"
    return DataError(what, where=_place(file, line), hint=hint or named)


def refused_rows(
    file: DataFile, flaws: Sequence[tuple[int, str]], *, count: int, hint: str = ""
) -> DataError:
    """Return the error for bad rows: the first of them by line, the number of the others."""
    shown = sorted(flaws)[:MOST_SHOWN]
    (line, what), others = shown[0], shown[1:]
    words = [what, *(f"{_place(file, other)}: {text}" for other, text in others)]
    if count > len(shown):
        words.append(f"and {count - len(shown):,} more bad rows in {file.path}")
    return refused(file, "\n".join(words), line=line, hint=hint)


def why_withheld(path: str, folder: str) -> str:
    """Return why no message quotes a file that a folder's own file names; empty where they may.

    A benchmark file may be third-party and name any file of its user. Links are followed.

    >>> why_withheld("/data/.env", "/data"), why_withheld("/etc/shadow", "/data")
    ('has a hidden name', "is outside the benchmark file's folder")
    """
    try:
        place = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
    except ValueError:  # a name that no file can have, or another drive
        place = os.pardir
    parts = PurePath(place).parts
    if os.pardir in parts:
        return "is outside the benchmark file's folder"
    return "has a hidden name" if any(part.startswith(".") for part in parts) else ""


def not_shown(source: DataFile | TaskCard) -> str:
    """Return the placeholder for the content of a withheld file; else "".

    All quotations from a file in messages come from here or from the five functions below.
    """
    return f"(not shown: the file {source.withheld})" if source.withheld else ""


def quoted(source: DataFile | TaskCard, value: Any) -> str:
    """Return a value of a file in quotes, in at most 60 characters."""
    words = repr(value)
    return not_shown(source) or (words if len(words) <= _LONGEST_QUOTE else f"{words[:57]}...")


def quoted_names(source: DataFile | TaskCard, names: Sequence[str]) -> str:
    """Return columns or classes of a file in quotes, the first dozen of them."""
    words = ", ".join(repr(name[:_LONGEST_NAME]) for name in names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return not_shown(source) or words + more


def class_names(card: TaskCard) -> tuple[str, ...]:
    """Return the classes of a task; those of a file that is withheld by number."""
    numbered = tuple(f"class {number}" for number in range(len(card.labels)))
    return numbered if card.withheld else card.labels


def because(file: DataFile, error: object) -> str:
    """Return why a reader of a format refuses a file, ``: the reason``; such words may quote it."""
    reason = str(error).partition("\n")[0]
    return f": {not_shown(file) or reason[:1].lower() + reason[1:]}"


def nearest(file: DataFile, name: str, known: Iterable[str]) -> str:
    """Return the known names and the nearest one: ``; there are 'a', 'b'; did you mean 'a'?``.

    >>> from metabench.api.task import DataFile
    >>> nearest(DataFile(path="a.csv", format="csv"), "lable", ["sentence", "label"])
    "; there are 'sentence', 'label'; did you mean 'label'?"
    """
    names = list(dict.fromkeys(known))
    folded = {other[:_LONGEST_NAME].strip(): other for other in names}
    near = None if file.withheld else closest(name[:_LONGEST_NAME].strip(), folded)
    meant = "" if near is None else f"; did you mean {folded[near]!r}?"
    return f"; there are {quoted_names(file, names)}{meant}" if names else ""


def _place(file: DataFile, line: int) -> str:
    if not line:
        return file.path
    by_row = file.format in {"parquet", "arrow"}
    return f"{file.path}: row {line}" if by_row else f"{file.path}:{line}"
