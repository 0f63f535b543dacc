"""Predictions as a Parquet file: one row per scored row, in the order of the split."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from metabench.errors import StoreError
from metabench.store.file_names import PREDICTIONS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from metabench.api.task import TaskCard
    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store

__all__ = ["parquet", "read_predictions"]

_OUTPUT = "output: "


def parquet(card: TaskCard, labels: npt.NDArray[Any], outputs: npt.NDArray[np.float32]) -> bytes:
    """Return a Parquet file with ``row``, ``label``, ``prediction`` and every output.

    Args:
        card: the task; its classes name the columns ``output: <class>``.
        labels: [rows].
        outputs: [rows, outputs].
    """
    import pyarrow as pa  # noqa: PLC0415  (only where something is written)
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns: dict[str, Any] = {"row": range(len(labels)), "label": labels}
    if card.regression:
        columns["prediction"] = outputs[:, 0]
    else:
        columns["prediction"] = outputs.argmax(axis=1)
        for index, name in enumerate(card.labels):
            columns[f"{_OUTPUT}{name}"] = outputs[:, index]
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    return buffer.getvalue()


def read_predictions(
    store: Store, folder: str, result: Result
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float32]]:
    """Return the labels [rows] and outputs [rows, classes] of a cell; [rows, 1] for regression.

    Raises:
        StoreError: the file is missing, or is not the one whose sha256 was recorded.
    """
    import numpy as np  # noqa: PLC0415  (seldom needed)
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    noted = next((file for file in result.files if file.path == PREDICTIONS), None)
    if noted is None:
        raise StoreError(
            "has no predictions",
            where=str(store.cell_folder(folder)),
            hint="run the cell again with `metabench run FILE --force --only …`",
        )
    table = pq.read_table(pa.BufferReader(store.read_file(folder, noted)))
    names = [name for name in table.column_names if name.startswith(_OUTPUT)]
    columns = [table.column(name).to_numpy() for name in names or ["prediction"]]
    return table.column("label").to_numpy(), np.stack(columns, axis=1)
