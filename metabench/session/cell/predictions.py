"""Predictions as a Parquet file: one row per evaluation example, in the order of the split."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from metabench.results.predictions import OUTPUT

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from metabench.api.task import TaskCard

__all__ = ["parquet"]


def parquet(card: TaskCard, labels: npt.NDArray[Any], outputs: npt.NDArray[np.floating]) -> bytes:
    """Return a Parquet file with ``row``, ``label``, ``prediction`` and every output.

    Args:
        card: the task; its classes name the columns ``output: <class>``.
        labels: [examples].
        outputs: [examples, outputs].
    """
    import pyarrow as pa  # noqa: PLC0415  (only where something is written)
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns: dict[str, Any] = {"row": range(len(labels)), "label": labels}
    if card.regression:
        columns["prediction"] = outputs[:, 0]
    else:
        columns["prediction"] = outputs.argmax(axis=1)
        for index, name in enumerate(card.labels):
            columns[f"{OUTPUT}{name}"] = outputs[:, index]
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()
