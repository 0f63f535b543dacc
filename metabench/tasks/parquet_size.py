"""How much a Parquet file holds once it is decoded, known before it is: a few bytes may be many."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, final

from typing_extensions import override

from metabench.errors import DataError
from metabench.limits import MOST_COLUMNS, MOST_ROWS, PARQUET_FOOTER_BYTES, TABLE_BYTES
from metabench.tasks.parquet_pages import chunk_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["parquet_footer", "refuse_large_table"]

_AGAIN = "copy the file again, or use a smaller one"
_TAIL_BYTES = 8
_BATCH, _FEW = 65_536, 64
_MOST_CHUNKS = 1000
_PLAIN, _DELTA = {0, 2, 8}, {6, 7}
"""Encodings of texts: written out or indices into a dictionary; and those that leave parts out."""
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}


def parquet_footer(source: Path | bytes, *, where: str = "") -> Any:
    """Return the metadata of a Parquet file (a ``pyarrow.parquet.FileMetaData``).

    Args:
        source: the file, or its content.
        where: the name of the content in errors; for a file, its path.

    Raises:
        DataError: it cannot be read as Parquet, or has too many rows, columns or bytes of footer.
    """
    import pyarrow as pa  # noqa: PLC0415  (planning stays light)
    import pyarrow.parquet as pq  # noqa: PLC0415

    where = where or str(source)
    try:
        size, length = _lengths(source)
        if PARQUET_FOOTER_BYTES < length < size:
            raise _refused(
                where, f"its footer is larger than {PARQUET_FOOTER_BYTES // 1024**2} MiB"
            )
        found = pq.read_metadata(_opened(source))
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise _refused(where, f"not readable as parquet: {error}") from error
    if found.num_rows > MOST_ROWS:
        raise _refused(where, f"holds more than {MOST_ROWS:,} rows")
    if found.num_columns > MOST_COLUMNS:
        raise _refused(where, f"holds more than {MOST_COLUMNS:,} columns")
    return found


def refuse_large_table(data: bytes, *, most: int = TABLE_BYTES, where: str) -> None:
    """Refuse a Parquet file whose values take more than ``most`` bytes once they are decoded.

    Numbers are counted from the footer. Texts are read as indices into a dictionary, which takes no
    more memory than the file's own pages, and added up: one long text may be the value of a million
    rows.

    Args:
        data: the content of the file.
        most: bytes.
        where: the name of the content in errors.

    Raises:
        DataError: it is larger, or cannot be read.
    """
    footer = parquet_footer(data, where=where)
    _check_columns(data, where)
    total = sum(_fixed_sizes(footer))
    texts = sorted({name for name, kind in _columns(footer) if kind == "BYTE_ARRAY"})
    if total <= most and total + _text_bound(data, footer, texts, most - total) > most:
        for found in _text_sizes(data, footer, texts, where):
            total += found
            if total > most:
                break
    if total > most:
        raise _refused(where, f"holds more than {most / 1024**3:g} GiB once it is decoded")


@final
class _FooterAlone(io.RawIOBase):
    """A file of which nothing is read any more once it is sealed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sealed = False
        self.asked = False

    @override
    def read(self, size: int = -1, /) -> bytes:
        if self.sealed:
            self.asked = True
            raise OSError("only the footer is read")
        return self._file.read(size)

    @override
    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    @override
    def tell(self) -> int:
        return self._file.tell()

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True


def _check_columns(data: bytes, where: str) -> None:
    """Refuse a file whose footer has unreadable columns.

    pyarrow ends the process when the footer is asked for such a column. A reader, which inspects
    every column before it reads the first page, raises; no page is read here.
    """
    import pyarrow as pa  # noqa: PLC0415  (planning stays light)
    import pyarrow.parquet as pq  # noqa: PLC0415

    file = _FooterAlone(io.BytesIO(data))
    try:
        reader = pq.ParquetFile(file, pre_buffer=True)
        file.sealed = True
        next(reader.iter_batches(batch_size=1, use_threads=False), None)
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        if not file.asked:
            raise _refused(where, f"not readable as parquet: {error}") from error


def _lengths(source: Path | bytes) -> tuple[int, int]:
    """Return the size of a file, and the declared size of its footer."""
    if isinstance(source, bytes):
        size, tail = len(source), source[-_TAIL_BYTES:]
    else:
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read(_TAIL_BYTES)
    return size, int.from_bytes(tail[:4], "little")


def _opened(source: Path | bytes) -> Any:
    import pyarrow as pa  # noqa: PLC0415  (planning stays light)

    return pa.BufferReader(source) if isinstance(source, bytes) else source


def _columns(footer: Any) -> Iterator[tuple[str, str]]:
    for at in range(footer.num_columns):
        column = footer.schema.column(at)
        yield column.path, column.physical_type


def _fixed_sizes(footer: Any) -> Iterator[int]:
    """Yield the bytes of each column of numbers, and of each group's pages."""
    for group in map(footer.row_group, range(footer.num_row_groups)):
        for at in range(group.num_columns):
            column, kind = group.column(at), footer.schema.column(at)
            width = _WIDTHS.get(kind.physical_type, max(0, kind.length))
            yield max(column.num_values * width, column.total_uncompressed_size)


def _text_bound(data: bytes, footer: Any, texts: list[str], most: int) -> int:
    """Return an upper bound of the size of the texts; more than ``most`` where it is unknown.

    A text is either written out in a page, or it is an index into its group's dictionary, whose
    longest entry counts then.
    """
    import pyarrow as pa  # noqa: PLC0415  (planning stays light)
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    groups = range(footer.num_row_groups)
    nested = any(footer.schema.column(at).max_repetition_level for at in range(footer.num_columns))
    if nested or len(groups) * len(texts) > _MOST_CHUNKS:
        return most + 1
    try:
        bound = sum(_page_bytes(data, chunk) for chunk in _chunks(footer, texts))
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts)
        for group in groups if bound <= most else ():
            rows = footer.row_group(group).num_rows
            first = next(file.iter_batches(batch_size=1, row_groups=[group], columns=texts), None)
            for column in first.columns if first is not None else ():
                entries = column.dictionary if pa.types.is_dictionary(column.type) else column
                bound += rows * int(pc.max(pc.binary_length(entries)).as_py() or 0)
    except (pa.ArrowException, OSError, MemoryError, NotImplementedError, ValueError):
        return most + 1
    return bound


def _chunks(footer: Any, texts: list[str]) -> Iterator[Any]:
    for group in map(footer.row_group, range(footer.num_row_groups)):
        chunks = map(group.column, range(group.num_columns))
        yield from (chunk for chunk in chunks if chunk.path_in_schema in texts)


def _page_bytes(data: bytes, chunk: Any) -> int:
    """Return the decompressed size of the pages of a chunk of texts.

    Raises:
        ValueError: a text may be longer than its stored bytes.
    """
    pages = list(chunk_pages(data, chunk))
    if not _PLAIN.issuperset(page.encoding for page in pages):
        raise ValueError("another encoding")
    return sum(page.size for page in pages)


def _text_sizes(data: bytes, footer: Any, texts: list[str], where: str) -> Iterator[int]:
    import pyarrow as pa  # noqa: PLC0415  (planning stays light)
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not texts:
        return
    try:
        # pyarrow makes no dictionary of delta-encoded texts
        delta = any(_is_delta(data, chunk) for chunk in _chunks(footer, texts))
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=[] if delta else texts)
        for batch in file.iter_batches(batch_size=_FEW if delta else _BATCH, columns=texts):
            yield from map(_decoded, batch.columns)
    except (pa.ArrowException, OSError, MemoryError, NotImplementedError) as error:
        raise _refused(where, f"not readable as parquet: {error}") from error


def _is_delta(data: bytes, chunk: Any) -> bool:
    try:
        return any(page.encoding in _DELTA for page in chunk_pages(data, chunk))
    except ValueError:
        return False


def _decoded(array: Any) -> int:
    """Return the bytes that an array takes once its dictionaries are written out."""
    import pyarrow as pa  # noqa: PLC0415  (planning stays light)
    import pyarrow.compute as pc  # noqa: PLC0415

    if pa.types.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary).take(array.indices)
        return int(pc.sum(lengths).as_py() or 0)
    if pa.types.is_struct(array.type):
        return sum(map(_decoded, array.flatten()))
    return _decoded(array.flatten()) if pa.types.is_nested(array.type) else int(array.nbytes)


def _refused(where: str, what: str) -> DataError:
    return DataError(what, where=where, hint=_AGAIN)
