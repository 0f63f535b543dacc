"""How a file of rows is read, by its suffix."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.api.task import FileFormat

__all__ = ["SUFFIXES", "format_of"]

SUFFIXES: Final[Mapping[str, FileFormat]] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
"""The format of a file by its suffix; ``.json`` too holds one object a line."""


def format_of(name: str) -> FileFormat | None:
    """Return the format that a file's suffix stands for, None where it stands for none.

    >>> format_of("rows.CSV"), format_of("rows.txt")
    ('csv', None)
    """
    return SUFFIXES.get(PurePath(name).suffix.lower())
