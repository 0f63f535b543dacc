"""What is wrong with a file of rows, said with its line, what is there and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.errors import DataError
from metabench.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metabench.api.task import DataFile

__all__ = ["MOST_SHOWN", "listed", "nearest", "refused", "refused_rows"]

MOST_SHOWN = 3
"""Bad rows that are listed; the rest is counted."""

_MOST_NAMES = 12
_LONGEST_NAME = 100


def refused(file: DataFile, what: str, *, line: int = 0, hint: str = "") -> DataError:
    """Return the error for a file, or for one line of it (counted from 1; 0 is the file)."""
    named = f"correct the file, which {file.place} names" if file.place else "correct the file"
    return DataError(what, where=_place(file, line), hint=hint or named)


def refused_rows(
    file: DataFile, flaws: Sequence[tuple[int, str]], *, count: int, hint: str = ""
) -> DataError:
    """Return the error for bad rows: the first of them by line, the rest as a number."""
    shown = sorted(flaws)[:MOST_SHOWN]
    (line, what), others = shown[0], shown[1:]
    words = [what, *(f"{_place(file, other)}: {text}" for other, text in others)]
    if count > len(shown):
        words.append(f"and {count - len(shown):,} more bad rows in {file.path}")
    return refused(file, "\n".join(words), line=line, hint=hint)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return what there is, and which of it is near: ``; there are 'a', 'b'; did you mean 'a'?``.

    >>> nearest("lable", ["sentence", "label"])
    "; there are 'sentence', 'label'; did you mean 'label'?"
    """
    names = list(dict.fromkeys(known))
    folded = {other[:_LONGEST_NAME].strip(): other for other in names}
    near = closest(name[:_LONGEST_NAME].strip(), folded)
    meant = "" if near is None else f"; did you mean {folded[near]!r}?"
    return f"; there are {listed(names)}{meant}" if names else ""


def listed(names: Sequence[str]) -> str:
    """Return names in quotes, the first dozen of them."""
    words = ", ".join(repr(name[:_LONGEST_NAME]) for name in names[:_MOST_NAMES])
    return words + (f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else "")


def _place(file: DataFile, line: int) -> str:
    if not line:
        return file.path
    by_row = file.format in {"parquet", "arrow"}
    return f"{file.path}: row {line}" if by_row else f"{file.path}:{line}"
