"""The rows of a file as they stand there: the wanted columns of each, with its line."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, final

from metabench.tasks.own.header import column_places
from metabench.tasks.own.lines import text_lines
from metabench.tasks.own.refusal import nearest, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from metabench.api.task import DataFile, FileFormat

__all__ = ["MOST_ROWS", "Flaw", "Record", "records"]

MOST_ROWS = 10_000_000
"""A file with more rows is refused."""

_BATCH = 8192
_CSV_ERRORS = {
    "field larger": "a field has no end for 128 KiB: is a quotation mark not closed?",
    "new-line character": "a carriage return stands within a field that has no quotation marks",
    "unexpected end": "a quotation mark is not closed",
    "expected after": "a quotation mark within a field is not doubled",
}


@final
@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a row."""

    what: str


Record: TypeAlias = tuple[int, "tuple[Any, ...] | Flaw"]
"""A line, counted from 1 (Parquet: a row), and its values in the order asked for."""


def records(file: DataFile, source: BinaryIO, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of an open file; what is wrong with one row alone is yielded in its place.

    Raises:
        DataError: the file cannot be read on: no such column, not UTF-8, not its format.
    """
    for count, record in enumerate(_READERS[file.format](file, source, wanted), start=1):
        if count > MOST_ROWS:
            raise refused(file, f"holds more than {MOST_ROWS:,} rows")
        yield record


def _csv(file: DataFile, source: BinaryIO, wanted: Sequence[str]) -> Iterator[Record]:
    yield from _separated(file, wanted, csv.reader(text_lines(file, source), strict=True))


def _tsv(file: DataFile, source: BinaryIO, wanted: Sequence[str]) -> Iterator[Record]:
    reader = csv.reader(text_lines(file, source), delimiter="\t", quoting=csv.QUOTE_NONE)
    yield from _separated(file, wanted, reader)


def _separated(file: DataFile, wanted: Sequence[str], reader: Any) -> Iterator[Record]:
    rows = _fields(file, reader)
    first, header = next(rows, (0, []))
    if not header:
        return
    places = column_places(file, header, wanted, line=first)
    for line, fields in rows:
        if len(fields) == len(header):
            yield line, tuple(fields[place] for place in places)
        else:
            yield line, Flaw(f"holds {len(fields)} fields, the first line names {len(header)}")


def _fields(file: DataFile, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not blank; a row with line breaks in it counts by its first."""
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refused(file, _worded(str(error)), line=line) from error
        if fields:
            yield line, fields


def _worded(message: str) -> str:
    known = (words for sign, words in _CSV_ERRORS.items() if sign in message)
    return next(known, f"is not CSV: {message}")


def _jsonl(file: DataFile, source: BinaryIO, wanted: Sequence[str]) -> Iterator[Record]:
    for line, text in enumerate(text_lines(file, source), start=1):
        if text.strip():
            yield line, _of_object(text, wanted)


def _of_object(text: str, wanted: Sequence[str]) -> tuple[Any, ...] | Flaw:
    try:
        value = json.loads(text, object_pairs_hook=_distinct)
    except RecursionError:
        return Flaw("is nested too deeply")
    except ValueError as error:
        reason = str(getattr(error, "msg", error))
        return Flaw(f"is not JSON: {reason[:1].lower()}{reason[1:]}")
    return _wanted(value, wanted)


def _wanted(value: Any, wanted: Sequence[str]) -> tuple[Any, ...] | Flaw:
    if not isinstance(value, dict):
        return Flaw('is not a JSON object; each line has to be one, such as {"label": "yes"}')
    lost = next((name for name in wanted if name not in value), None)
    if lost is not None:
        return Flaw(f"no column {lost!r}{nearest(lost, value)}")
    return tuple(value[name] for name in wanted)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _parquet(file: DataFile, source: BinaryIO, wanted: Sequence[str]) -> Iterator[Record]:
    import pyarrow as pa  # noqa: PLC0415  (only Parquet needs it)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(source)
        column_places(file, table.schema_arrow.names, wanted, line=0)
        if table.metadata.num_rows > MOST_ROWS:
            raise refused(file, f"holds more than {MOST_ROWS:,} rows")
        line = 0
        for batch in table.iter_batches(batch_size=_BATCH, columns=list(wanted)):
            columns = [batch.column(name).to_pylist() for name in wanted]
            for values in zip(*columns, strict=True):
                line += 1
                yield line, values
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0]
        raise refused(file, f"is not readable as Parquet: {reason}") from error


_READERS: Mapping[FileFormat, Callable[[DataFile, BinaryIO, Sequence[str]], Iterator[Record]]] = {
    "csv": _csv,
    "tsv": _tsv,
    "jsonl": _jsonl,
    "parquet": _parquet,
}
