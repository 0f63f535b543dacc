"""Rows of Parquet and Arrow files, and the class names that their schemas declare."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from metabench.tasks.parquet_size import refuse_large_table
from metabench.tasks.reading.content import open_content
from metabench.tasks.reading.flaw import at_path
from metabench.tasks.reading.header import column_places
from metabench.tasks.reading.refusal import because, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from metabench.api.task import DataFile
    from metabench.tasks.reading.content import Content
    from metabench.tasks.reading.flaw import Record

__all__ = ["arrow_records", "class_names", "parquet_records"]

_BATCH = 8192
_FILE_MAGIC = b"ARROW1"


def parquet_records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of Parquet; only the wanted columns are decoded."""
    import pyarrow as pa  # noqa: PLC0415  (only these formats need it)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        data = content.whole()
        refuse_large_table(data, where=file.path)
        table = pq.ParquetFile(io.BytesIO(data))
        schema = table.schema_arrow
        roots = _roots(file, schema.names, wanted)
        batches = table.iter_batches(batch_size=_BATCH, columns=list(dict.fromkeys(roots)))
        yield from _rows(batches, schema, zip(roots, wanted, strict=True))
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise _unreadable(file, "Parquet", error) from error


def arrow_records(file: DataFile, content: Content, wanted: Sequence[str]) -> Iterator[Record]:
    """Yield the rows of an Arrow file or stream."""
    import pyarrow as pa  # noqa: PLC0415

    try:
        data = content.whole()
        if data.startswith(_FILE_MAGIC):
            reader = pa.ipc.open_file(data)
            batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
        else:
            reader = pa.ipc.open_stream(data)
            batches = iter(reader)
        roots = _roots(file, reader.schema.names, wanted)
        yield from _rows(batches, reader.schema, zip(roots, wanted, strict=True))
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        raise _unreadable(file, "Arrow", error) from error


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
    return [known.get(value, value) for value in values]


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
    return tuple(names) if listed else ()


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


def _unreadable(file: DataFile, form: str, error: Exception) -> Exception:
    return refused(file, f"is not readable as {form}{because(file, error)}")


def declared_names(file: DataFile, column: str) -> tuple[str, ...]:
    """Return the class names that the schema of a Parquet or Arrow file declares for a column.

    Raises:
        DataError: the file cannot be read.
    """
    if file.format not in {"parquet", "arrow"}:
        return ()
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with open_content(file) as content:
            if file.format == "parquet":
                metadata = pq.read_schema(io.BytesIO(content.whole())).metadata
            else:
                metadata = _arrow_schema(content.whole()).metadata
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        form = "Parquet" if file.format == "parquet" else "Arrow"
        raise _unreadable(file, form, error) from error
    return class_names(metadata, column)


def _arrow_schema(data: bytes) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    is_file = data.startswith(_FILE_MAGIC)
    return (pa.ipc.open_file(data) if is_file else pa.ipc.open_stream(data)).schema
