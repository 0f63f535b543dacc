"""The positions of columns, and the likely cause of a first line that lacks one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from metabench.tasks.reading.refusal import nearest, quoted, refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.api.task import DataFile
    from metabench.errors import DataError

__all__ = ["column_places"]

_SEPARATORS: Final[Mapping[str, str]] = {",": "commas", "\t": "tabs", ";": "';'", "|": "'|'"}
_FORMATS: Final[Mapping[str, str]] = {",": "csv", "\t": "tsv"}
_SEPARATED: Final = {"csv", "tsv"}


def column_places(
    file: DataFile, columns: Sequence[str], wanted: Sequence[str], *, line: int
) -> list[int]:
    """Return the positions of the requested columns.

    Raises:
        DataError: one of them is missing, or two columns have its name.
    """
    twice = next((name for name in wanted if columns.count(name) > 1), None)
    if twice is not None:
        raise refused(file, f"two columns are called {twice!r}", line=line)
    lost = next((name for name in wanted if name not in columns), None)
    if lost is not None:
        raise (
            _of_spreadsheet(file, columns, line)
            or _other_separator(file, columns, line)
            or _no_column(file, columns, lost, line, nameless=not set(wanted) & set(columns))
        )
    return [columns.index(name) for name in wanted]


def _of_spreadsheet(file: DataFile, columns: Sequence[str], line: int) -> DataError | None:
    """Return the error for a first line with a spreadsheet's delimiter, ``sep=;``."""
    if file.format not in _SEPARATED or not (columns and columns[0].startswith("sep=")):
        return None
    return refused(
        file,
        f"{quoted(file, columns[0])} is for a spreadsheet; the columns' names are in the next line",
        line=line,
        hint="remove that line",
    )


def _other_separator(file: DataFile, columns: Sequence[str], line: int) -> DataError | None:
    """Return the error for a first line of one field that contains another delimiter."""
    if file.format not in _SEPARATED or len(columns) != 1:
        return None
    ours = file.delimiter or next(sign for sign, name in _FORMATS.items() if name == file.format)
    found = next((sign for sign in _SEPARATORS if sign in columns[0] and sign != ours), None)
    if found is None:
        return None
    other = (
        f'format = "{_FORMATS[found]}"' if found in _FORMATS else f"delimiter = {json.dumps(found)}"
    )
    named = f" next to {file.place}" if file.place else ""
    return refused(
        file,
        f"the columns of {quoted(file, columns[0])} are separated by {_SEPARATORS[found]}, not by"
        f" {_SEPARATORS.get(ours, repr(ours))}",
        line=line,
        hint=f"set {other}{named}",
    )


def _no_column(
    file: DataFile, columns: Sequence[str], lost: str, line: int, *, nameless: bool
) -> DataError:
    """Return the error for a missing column; ``nameless`` for a file without column names."""
    first = nameless and file.format in _SEPARATED
    where = ", from its first line" if first else ""
    return refused(
        file,
        f"no column {lost!r}{nearest(file, lost, columns)}",
        line=line,
        hint=f"correct text and label next to {file.place}, or the file's column names{where}"
        if file.place
        else "",
    )
