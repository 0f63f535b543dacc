"""The format of a file of rows, by its name; compression is detected by its first bytes."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.api.task import FileFormat

__all__ = ["COMPRESSED", "SUFFIXES", "format_of"]

SUFFIXES: Final[Mapping[str, FileFormat]] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
"""The format of a file by its suffix; ``jsonl`` is one object a line, or one array of objects."""

COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst", ".zip")
"""Suffixes of compressed files, which follow that of the format: ``rows.csv.gz``."""


def format_of(name: str) -> FileFormat | None:
    """Return the format of a file's name, None where it has none.

    >>> format_of("rows.CSV"), format_of("rows.csv.gz"), format_of("rows.txt")
    ('csv', 'csv', None)
    """
    path = PurePath(name.lower())
    if path.suffix in COMPRESSED:
        path = path.with_suffix("")
    return SUFFIXES.get(path.suffix)
