"""The rows of a file: the requested columns of each, with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.limits import MOST_ROWS
from metabench.tasks.reading.columnar import arrow_records, parquet_records
from metabench.tasks.reading.objects import json_records
from metabench.tasks.reading.refusal import refused
from metabench.tasks.reading.separated import csv_records, tsv_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metabench.api.task import DataFile, FileFormat
    from metabench.tasks.reading.content import Content
    from metabench.tasks.reading.flaw import Record

__all__ = ["records"]


def records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of an open file; a bad row yields its flaw.

    Raises:
        DataError: the rest cannot be read: a missing column, another encoding or format.
    """
    for count, record in enumerate(_READERS[file.format](file, content, wanted), start=1):
        if count > MOST_ROWS:
            raise refused(file, f"holds more than {MOST_ROWS:,} rows")
        yield record


_READERS: Mapping[FileFormat, Callable[[DataFile, Content, Sequence[str]], Iterator[Record]]] = {
    "csv": csv_records,
    "tsv": tsv_records,
    "jsonl": json_records,
    "parquet": parquet_records,
    "arrow": arrow_records,
}
