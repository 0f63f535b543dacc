"""The pages of a Parquet file, by their own headers; a footer is not trusted.

Source: Apache Parquet's format, ``PageHeader``, in Thrift's compact protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Page", "chunk_pages"]

_WIDTHS = {1: 0, 2: 0, 3: 1, 7: 8}  # true, false, a byte, a double
_INTEGERS, _BINARY, _STRUCT = {4, 5, 6}, 8, 12
_FIELDS, _HEADERS = (2, 3), {5: 2, 7: 2, 8: 4}
"""Fields of a page's two sizes; its header by kind, and the field of the encoding in it."""
_DEEPEST = 4


@final
class Page(NamedTuple):
    """The decompressed size of a page in bytes, and the number of its encoding."""

    size: int
    encoding: int


def chunk_pages(data: bytes, chunk: Any) -> Iterator[Page]:
    """Yield the pages of a column chunk (a ``pyarrow.parquet.ColumnChunkMetaData``).

    Raises:
        ValueError: they do not follow the format.
    """
    place = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < (chunk.dictionary_page_offset or 0) < place:
        place = chunk.dictionary_page_offset
    end = place + chunk.total_compressed_size
    if not 0 <= place <= end <= len(data):
        raise ValueError("a page is outside the file")
    while place < end:
        header, place = _struct(data, place)
        size, stored = (header.get(field) for field in _FIELDS)
        codes = [
            code
            for kind, field in _HEADERS.items()
            if isinstance(inner := header.get(kind), dict)
            and isinstance(code := inner.get(field), int)
        ]
        if not (isinstance(size, int) and isinstance(stored, int) and len(codes) == 1):
            raise ValueError("a page has no size or no encoding")
        if min(size, stored) < 0:
            raise ValueError("a page has a negative size")
        yield Page(max(size, stored), codes[0])
        place += stored


def _struct(data: bytes, place: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Return the fields of a structure by number, and where it ends."""
    found: dict[int, Any] = {}
    field = 0
    while True:
        if place >= len(data) or depth > _DEEPEST:
            raise ValueError("a header has no end")
        step, kind = divmod(data[place], 16)
        place += 1
        if not kind:
            return found, place
        if step:
            field += step
        else:
            number, place = _varint(data, place)
            field = _signed(number)
        found[field], place = _value(data, place, kind, depth)


def _value(data: bytes, place: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind == _STRUCT:
        return _struct(data, place, depth + 1)
    if kind in _WIDTHS:
        return None, place + _WIDTHS[kind]
    number, place = _varint(data, place)
    if kind in _INTEGERS:
        return _signed(number), place
    if kind == _BINARY:
        return None, place + number
    raise ValueError(f"a header has a field of type {kind}")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        byte = data[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004  (its highest bit says that another one follows)
            return number, place
    raise ValueError("a number has no end")


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)
