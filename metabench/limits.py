"""The limits of all input from outside, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

__all__ = [
    "CELL_RECORD_BYTES",
    "FRONT_MATTER_BYTES",
    "JSON_NESTING",
    "LIMITS",
    "LOG_BYTES",
    "LONGEST_TEXT",
    "LONGEST_WORD",
    "MOST_BYTES",
    "MOST_COLUMNS",
    "MOST_COUNT",
    "MOST_ENTRIES",
    "MOST_FILES",
    "MOST_LOSS",
    "MOST_ROWS",
    "MOST_SCORE",
    "MOST_SECONDS",
    "MOST_USES",
    "MOST_WILDCARDS",
    "PARQUET_FOOTER_BYTES",
    "PREDICTION_BYTES",
    "README_BYTES",
    "RUN_RECORD_BYTES",
    "TABLE_BYTES",
    "YAML_NESTING",
    "Limit",
]


@final
@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Args:
        what: the quantity, and its file.
        most: the largest accepted value.
        unit: the unit of ``most``; "" for a plain number.
    """

    what: str
    most: int
    unit: str


_LIMITS: list[Limit] = []


def _limit(what: str, most: int, unit: str) -> int:
    _LIMITS.append(Limit(what, most, unit))
    return most


CELL_RECORD_BYTES: Final = _limit(
    "`cell.json`, `result.json`, `failure.json`, `checkpoint.json`", 16 * 1024**2, "bytes"
)
RUN_RECORD_BYTES: Final = _limit("`run.json`", 128 * 1024**2, "bytes")
LOG_BYTES: Final = _limit("`log.txt` and `metrics.jsonl`, to be printed or drawn", 1024**3, "bytes")
JSON_NESTING: Final = _limit("objects and arrays of a record within each other", 200, "levels")
LONGEST_WORD: Final = _limit("a name, a version or a time in a record", 1000, "characters")
LONGEST_TEXT: Final = _limit("a message, a note or a traceback in a record", 1024**2, "characters")
MOST_ENTRIES: Final = _limit(
    "entries of a list or mapping in a record, but for `cells` and `uses`", 10_000, "entries"
)
MOST_USES: Final = _limit("`cells` and `uses` of a `run.json`", 300_000, "entries")
MOST_SCORE: Final = _limit("a score, either sign", 10**12, "")
MOST_LOSS: Final = _limit("a loss, either sign: the largest number of 32 bits", 10**39, "")
MOST_SECONDS: Final = _limit("seconds in a record; none is below 0", 10**9, "seconds")
MOST_COUNT: Final = _limit("steps, examples, tokens and other counts in a record", 10**15, "")
MOST_BYTES: Final = _limit("the size of a file or of memory in a record", 10**15, "bytes")

MOST_ROWS: Final = _limit("rows of a dataset's file", 10_000_000, "rows")
MOST_COLUMNS: Final = _limit("columns of a Parquet file", 10_000, "columns")
TABLE_BYTES: Final = _limit("a dataset's Parquet file once it is decoded", 2 * 1024**3, "bytes")
PREDICTION_BYTES: Final = _limit("`predictions.parquet` once it is decoded", 512 * 1024**2, "bytes")
PARQUET_FOOTER_BYTES: Final = _limit("the footer of a Parquet file", 16 * 1024**2, "bytes")
README_BYTES: Final = _limit("the `README.md` of a mirror", 1024**2, "bytes")
FRONT_MATTER_BYTES: Final = _limit(
    "its front matter, in YAML without aliases, anchors and tags", 256 * 1024, "bytes"
)
YAML_NESTING: Final = _limit(
    "lists and mappings of that front matter within each other", 50, "levels"
)
MOST_FILES: Final = _limit("files that the patterns of a split match", 10_000, "files")
MOST_WILDCARDS: Final = _limit("`**` of a pattern of a `README.md`", 1, "")

LIMITS: Final = tuple(_LIMITS)
"""All of them, in the order of the table."""
