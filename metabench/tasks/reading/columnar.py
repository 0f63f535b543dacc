"""Rows of Parquet and Arrow files, and the class names that their schemas declare."""

from __future__ import annotations

import io
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from metabench.tasks.parquet_size import refuse_large_table
from metabench.tasks.reading.columns import Columns, Irregular
from metabench.tasks.reading.content import content_hash, open_content
from metabench.tasks.reading.flaw import at_path
from metabench.tasks.reading.header import column_places
from metabench.tasks.reading.refusal import because, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metabench.api.task import DataFile
    from metabench.tasks.reading.content import Content
    from metabench.tasks.reading.flaw import Record

__all__ = [
    "arrow_batches", "arrow_columns", "arrow_records", "class_names", "declared_names",
    "parquet_records",
]  # fmt: skip

_BATCH = 8192
_FILE_MAGIC = b"ARROW1"


def parquet_records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of Parquet; only the wanted columns are decoded."""
    return _records(file, content, wanted)


def arrow_records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of an Arrow file or stream."""
    return _records(file, content, wanted)


def arrow_columns(file: DataFile, data: bytes, wanted: Sequence[str]) -> Columns:
    """Return the columns of a Parquet or Arrow file.

    Raises:
        Irregular: a name leads into a column.
        DataError: the file cannot be read.
    """
    schema, roots, batches = _opened(file, data, wanted)
    if roots != list(wanted):
        raise Irregular
    return Columns(
        ([batch.column(root) for root in roots] for batch in batches),
        names=class_names(schema.metadata, wanted[-1]),
    )


def _records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    import pyarrow as pa  # noqa: PLC0415  (only these formats need it)

    try:
        schema, roots, batches = _opened(file, content.whole(), wanted)
        yield from _rows(batches, schema, zip(roots, wanted, strict=True))
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise _unreadable(file, error) from error


def _opened(
    file: DataFile, data: bytes, wanted: Sequence[str]
) -> tuple[Any, list[str], Iterator[Any]]:
    """Return the schema, the top-level columns to decode, and the batches of rows."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if file.format == "parquet":
        refuse_large_table(data, where=file.path)
        table = pq.ParquetFile(pa.BufferReader(data))
        roots = _roots(file, table.schema_arrow.names, wanted)
        used = list(dict.fromkeys(roots))
        batches = table.iter_batches(batch_size=_BATCH, columns=used, use_threads=False)
        return table.schema_arrow, roots, batches
    schema = _arrow_schema(data)
    roots = _roots(file, schema.names, wanted)
    return schema, roots, (_validated(batch.select(set(roots))) for batch in _arrow_batches(data))


def arrow_batches(data: bytes) -> Iterator[Any]:
    """Yield the batches of rows of an Arrow file or stream.

    Raises:
        pyarrow.ArrowException: it is damaged.
    """
    return map(_validated, _arrow_batches(data))


def _arrow_batches(data: bytes) -> Iterator[Any]:
    import pyarrow as pa  # noqa: PLC0415

    if not data.startswith(_FILE_MAGIC):
        return iter(pa.ipc.open_stream(data))
    reader = pa.ipc.open_file(data)
    return (reader.get_batch(number) for number in range(reader.num_record_batches))


def _validated(batch: Any) -> Any:
    """Return a checked batch of an Arrow file, which may have wrong offsets of texts."""
    batch.validate(full=True)
    return batch


def _rows(
    batches: Iterable[Any], schema: Any, wanted: Iterable[tuple[str, str]]
) -> Iterator[Record]:
    pairs = list(wanted)
    names = [class_names(schema.metadata, name) for _, name in pairs]
    line = 0
    for batch in batches:
        columns = [
            _named(_column(batch, root, name), known)
            for (root, name), known in zip(pairs, names, strict=True)
        ]
        for values in zip(*columns, strict=True):
            line += 1
            yield line, values


def _column(batch: Any, root: str, name: str) -> list[Any]:
    values: list[Any] = batch.column(root).to_pylist()
    return values if root == name else [at_path(value, name[len(root) + 1 :]) for value in values]


def _named(values: list[Any], names: Sequence[str]) -> list[Any]:
    """Return class names in place of their numbers."""
    if not names:
        return values
    known: dict[Any, Any] = dict(enumerate(names))
    return [
        value if isinstance(value, list | dict) else known.get(value, value) for value in values
    ]


def class_names(metadata: Mapping[bytes, bytes] | None, column: str) -> tuple[str, ...]:
    """Return the names that a schema declares for a column of classes; none where it does not."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        for part in column.split("."):
            features = features[part]
        names = features["names"] if features.get("_type") == "ClassLabel" else ()
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return ()
    listed = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(names) if listed and len(set(names)) == len(names) else ()


def _roots(file: DataFile, columns: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the column of each wanted name: itself, or the one that its dotted name begins with.

    Raises:
        DataError: one of them is missing.
    """
    roots = [
        name if name in columns else next((root for root in _starts(name) if root in columns), name)
        for name in wanted
    ]
    column_places(file, columns, roots, line=0)
    return roots


def _starts(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))


def _unreadable(file: DataFile, error: Exception) -> Exception:
    form = "Parquet" if file.format == "parquet" else "Arrow"
    return refused(file, f"is not readable as {form}{because(file, error)}")


def declared_names(file: DataFile, column: str) -> tuple[str, ...]:
    """Return the class names that the schema of a Parquet or Arrow file declares for a column.

    Raises:
        DataError: the file cannot be read.
    """
    arrow = file.format in {"parquet", "arrow"}
    return _declared(file, column, content_hash(file)) if arrow else ()


@lru_cache(maxsize=64)
def _declared(file: DataFile, column: str, sha256: str) -> tuple[str, ...]:
    del sha256  # part of the cache's key
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with open_content(file) as content:
            if file.format == "parquet":
                metadata = pq.read_schema(io.BytesIO(content.whole())).metadata
            else:
                metadata = _arrow_schema(content.whole()).metadata
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise _unreadable(file, error) from error
    return class_names(metadata, column)


def _arrow_schema(data: bytes) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    is_file = data.startswith(_FILE_MAGIC)
    return (pa.ipc.open_file(data) if is_file else pa.ipc.open_stream(data)).schema
