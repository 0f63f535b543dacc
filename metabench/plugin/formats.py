"""The formats of leaderboards that are metabench's own: no plugin can take their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

__all__ = ["FORMATS", "SUFFIXES", "Format", "TextFormat"]

TextFormat: TypeAlias = Literal["terminal", "markdown", "csv", "json", "latex", "html"]
Format: TypeAlias = TextFormat | Literal["parquet"]

FORMATS: Mapping[Format, str] = {
    "terminal": "a table for the screen, with cost and notes",
    "markdown": "the same for a README or an issue",
    "csv": "one line per method and column, for a spreadsheet",
    "json": "all that is known, for programs",
    "latex": "a table for a paper",
    "html": "the report with its plots, in one file",
    "parquet": "one line per score, for pandas and the like",
}
"""The built-in formats of ``compare --format``, with their descriptions."""

SUFFIXES: Mapping[str, TextFormat] = {
    "md": "markdown",
    "tex": "latex",
    "htm": "html",
    "txt": "terminal",
}
"""Short names, as the suffixes of files."""
