"""Every score of a run as a Parquet table."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import asdict, fields

from metabench.results.score_lines import ScoreLine

__all__ = ["render_parquet"]


def render_parquet(lines: Iterable[ScoreLine]) -> bytes:
    """Return every score as a row of a Parquet file; a column has its type without a value, too."""
    import pyarrow as pa  # noqa: PLC0415  (slow to load)
    import pyarrow.parquet as pq  # noqa: PLC0415

    types = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema(
        [
            (field.name, types[str(field.type).removesuffix(" | None")])
            for field in fields(ScoreLine)
        ]
    )
    buffer = io.BytesIO()
    table = pa.Table.from_pylist([asdict(line) for line in lines], schema=schema)
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
