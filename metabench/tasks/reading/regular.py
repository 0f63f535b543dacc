"""Columns of a regular CSV or TSV file: the same values as row by row, in a tenth of the time."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

from metabench.tasks.reading.columns import Columns, Irregular
from metabench.tasks.reading.content import Content
from metabench.tasks.reading.header import column_places
from metabench.tasks.reading.separated import header_of
from metabench.tasks.reading.text import is_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.api.task import DataFile

__all__ = ["separated_columns"]

_BLOCK = 256 * 1024
_DELIMITERS = frozenset(",;\t|")
_MARK = b"\xef\xbb\xbf"
_QUOTE, _LINE_FEED, _RETURN = b'"\n\r'


def separated_columns(file: DataFile, data: bytes, wanted: Sequence[str]) -> Columns:
    """Return the columns of a CSV or TSV file.

    pyarrow reads other dialects, too, and repairs silently. It gets only unambiguous content: every
    quotation mark opens or closes a field or is doubled, carriage returns end lines only before
    line feeds, and each row has as many fields as the first line.

    Raises:
        Irregular: the file is less regular than that, or wrong.
        DataError: it cannot be read.
    """
    delimiter = file.delimiter or ("\t" if file.format == "tsv" else ",")
    if delimiter not in _DELIMITERS or not is_utf8(file.encoding):
        raise Irregular
    source = io.BytesIO(data)
    first, header, lines = header_of(file, Content(file, source))
    start = source.tell()
    if start >= len(data) or not header[-1].strip():
        raise Irregular
    places = column_places(file, header, wanted, line=first)
    quoted = file.format == "csv" and data.find(b'"', start) >= 0
    marks = _quotes(data, start, delimiter) if quoted else None
    _check(data, start)
    batches = _batches(data, start, (delimiter, quoted), width=len(header), places=places)
    return Columns(
        ([batch.column(str(place)) for place in places] for batch in batches),
        lines=partial(_lines, data, start, marks, first=lines + 1),
    )


def _check(data: bytes, start: int) -> None:
    """Refuse bytes that are no text, or lines that do not end in LF or CRLF."""
    import numpy as np  # noqa: PLC0415  (small files do without numpy and pyarrow)
    import pyarrow as pa  # noqa: PLC0415

    if b"\0" in data or data.startswith(_MARK, start):
        raise Irregular
    if b"\r" in data and _count(data, start, _RETURN) != sum(
        int(np.count_nonzero((part[:-1] == _RETURN) & (part[1:] == _LINE_FEED)))
        for _, part in _blocks(data, start, more=1)
    ):
        raise Irregular
    if not data.isascii():
        limits = np.array([0, len(data)]).tobytes()
        text = [None, pa.py_buffer(limits), pa.py_buffer(data)]
        pa.Array.from_buffers(pa.large_string(), 1, text).validate(full=True)


def _blocks(data: bytes, start: int, *, more: int = 0) -> Iterator[tuple[int, Any]]:
    """Yield blocks that fit into a processor's cache, [bytes], and where each begins."""
    import numpy as np  # noqa: PLC0415

    signs = np.frombuffer(data, dtype=np.uint8)
    places = range(start, len(data), _BLOCK)
    yield from ((place, signs[place : place + _BLOCK + more]) for place in places)


def _count(data: bytes, start: int, sign: int) -> int:
    import numpy as np  # noqa: PLC0415

    return sum(int(np.count_nonzero(part == sign)) for _, part in _blocks(data, start))


def _places(data: bytes, start: int, sign: int) -> Any:
    """Return where a byte is, [places]."""
    import numpy as np  # noqa: PLC0415

    return np.concatenate([np.flatnonzero(part == sign) + at for at, part in _blocks(data, start)])


def _quotes(data: bytes, start: int, delimiter: str) -> Any:
    """Return where the quotation marks are, [marks]; each opens, closes or doubles another."""
    import numpy as np  # noqa: PLC0415

    signs = np.frombuffer(data, dtype=np.uint8)
    marks = _places(data, start, _QUOTE)
    before, after = signs[marks[::2] - 1], signs[np.minimum(marks[1::2] + 1, len(data) - 1)]
    opens, closes = np.zeros((2, 256), dtype=bool)
    opens[[ord(delimiter), _LINE_FEED, _QUOTE]] = True
    closes[[ord(delimiter), _LINE_FEED, _RETURN, _QUOTE]] = True
    if len(marks) % 2 or not opens[before].all() or not closes[after].all():
        raise Irregular
    return marks


def _batches(
    data: bytes, start: int, dialect: tuple[str, bool], *, width: int, places: Sequence[int]
) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    delimiter, quoted = dialect
    used = [str(place) for place in dict.fromkeys(places)]
    rows = csv.open_csv(
        pa.BufferReader(pa.py_buffer(data).slice(start)),
        csv.ReadOptions(use_threads=False, column_names=[str(place) for place in range(width)]),
        csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
        ),
        csv.ConvertOptions(
            include_columns=used,
            column_types=dict.fromkeys(used, pa.string()),
            strings_can_be_null=False,
        ),
    )
    yield from rows


def _lines(data: bytes, start: int, marks: Any, count: int, *, first: int) -> Sequence[int]:
    """Return the line of each row: blank lines are no rows, and a row may have several lines.

    Args:
        data: the content of the file.
        start: the offset of its second row.
        marks: the offsets of its quotation marks; None where there are none.
        count: the number of rows.
        first: the number of the line at ``start``.
    """
    import numpy as np  # noqa: PLC0415

    if _count(data, start, _LINE_FEED) + (not data.endswith(b"\n")) == count:
        return range(first, first + count)
    ends = _places(data, start, _LINE_FEED)
    signs = np.frombuffer(data, dtype=np.uint8)
    outside = ends if marks is None else ends[np.searchsorted(marks, ends) % 2 == 0]
    starts = np.concatenate([[start], outside + 1])
    starts = starts[starts < len(data)]
    starts = starts[~np.isin(signs[starts], [_LINE_FEED, _RETURN])]
    if len(starts) != count:
        raise Irregular
    lines: list[int] = (first + np.searchsorted(ends, starts)).tolist()
    return lines
