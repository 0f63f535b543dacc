"""Rows of CSV and TSV: fields between delimiters, the names of the columns in the first line."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from metabench.tasks.reading.flaw import Flaw
from metabench.tasks.reading.header import column_places
from metabench.tasks.reading.refusal import because, refused
from metabench.tasks.reading.text import LONGEST_LINE, text_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.api.task import DataFile
    from metabench.tasks.reading.content import Content
    from metabench.tasks.reading.flaw import Record

__all__ = ["csv_records", "header_of", "tsv_records"]

_CSV_ERRORS = {
    "field larger": "a field has no end for 16 MiB: is a quotation mark not closed?",
    "new-line character": "a carriage return is within a field without quotation marks, or ends the"
    " line alone; save the file with line feeds",
    "unexpected end": "a quotation mark is not closed",
    "expected after": "a quotation mark within a field is not doubled",
}


def csv_records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of CSV; quotation marks are doubled inside quoted fields."""
    return _separated(file, wanted, _csv_reader(file, content))


def tsv_records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of TSV; quotation marks have no meaning."""
    return _separated(file, wanted, _tsv_reader(file, content))


def _csv_reader(file: DataFile, content: Content) -> Any:
    return csv.reader(text_lines(file, content), delimiter=file.delimiter or ",", strict=True)


def _tsv_reader(file: DataFile, content: Content) -> Any:
    return csv.reader(
        text_lines(file, content), delimiter=file.delimiter or "\t", quoting=csv.QUOTE_NONE
    )


def header_of(file: DataFile, content: Content) -> tuple[int, list[str], int]:
    """Return the line of the first row that is not blank, its fields, and the lines up to it.

    Nothing after those lines is read.

    Raises:
        DataError: they are no text, or a quoted field is not closed.
    """
    reader = _READERS[file.format](file, content)
    first, header = next(_fields(file, reader), (0, [""]))
    return first, header, reader.line_num


def _separated(file: DataFile, wanted: Sequence[str], reader: Any) -> Iterator[Record]:
    rows = _fields(file, reader)
    first, header = next(rows, (0, []))
    while header and not header[-1].strip():
        header.pop()  # a spreadsheet leaves empty columns at the end
    if not header:
        return
    places = column_places(file, header, wanted, line=first)
    width = len(header)
    for line, fields in rows:
        if len(fields) == width:
            yield line, tuple([fields[place] for place in places])
        elif len(fields) > width and not any(map(str.strip, fields[width:])):
            yield from [(line, tuple([fields[place] for place in places]))] * any(fields)
        else:
            yield line, Flaw(f"holds {len(fields)} fields, the first line names {width}")


def _fields(file: DataFile, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with its first line."""
    while True:
        line = reader.line_num + 1
        try:
            with _long_fields():
                fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refused(file, _worded(file, str(error)), line=line) from error
        if fields:
            yield line, fields


@contextmanager
def _long_fields() -> Iterator[None]:
    """Allow long fields while a row is read: the limit is process-global."""
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _worded(file: DataFile, message: str) -> str:
    known = (words for sign, words in _CSV_ERRORS.items() if sign in message)
    return next(known, f"is not CSV{because(file, message)}")


_READERS = {"csv": _csv_reader, "tsv": _tsv_reader}
