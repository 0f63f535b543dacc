"""The saved predictions of a fine-tuning cell, read as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metabench.errors import DataError, StoreError
from metabench.limits import PREDICTION_BYTES
from metabench.store.file_names import PREDICTIONS
from metabench.tasks.parquet_size import refuse_large_table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store

__all__ = ["OUTPUT", "predictions_table", "read_predictions"]

OUTPUT = "output: "
"""How the name of a column begins that holds the output of a class."""


def read_predictions(
    store: Store, folder: str, result: Result
) -> tuple[npt.NDArray[Any], npt.NDArray[np.floating]]:
    """Return labels [examples] and outputs [examples, classes] ([examples, 1] for regression).

    Raises:
        StoreError: as for `predictions_table`.
    """
    import numpy as np  # noqa: PLC0415  (seldom needed)

    table = predictions_table(store, folder, result)
    names = [name for name in table.column_names if name.startswith(OUTPUT)]
    columns = [table.column(name).to_numpy() for name in names or ["prediction"]]
    return table.column("label").to_numpy(), np.stack(columns, axis=1)


def predictions_table(store: Store, folder: str, result: Result) -> pa.Table:
    """Return the predictions of a cell: ``row``, ``label``, ``prediction``, and every output.

    Raises:
        StoreError: the file is missing, does not have the recorded sha256, or holds anything but
            one number per column for each evaluation example.
    """
    noted = next((file for file in result.files if file.path == PREDICTIONS), None)
    where = str(store.cell_folder(folder) / PREDICTIONS)
    if noted is None:
        raise _unusable(where, "is in no record")
    return _numbers(store.read_file(folder, noted), result.scored_rows, where=where)


def _numbers(data: bytes, rows: int | None, *, where: str) -> pa.Table:
    """Return the table of a file of predictions; its size is known before it is decoded."""
    import pyarrow as pa  # noqa: PLC0415  (seldom needed)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        refuse_large_table(data, most=PREDICTION_BYTES, where=where)
        table = pq.read_table(pa.BufferReader(data))
    except DataError as error:
        raise _unusable(where, error.problem) from error
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise _unusable(where, f"cannot be read: {error}") from error
    if rows is not None and table.num_rows != rows:
        raise _unusable(where, f"holds {table.num_rows:,} rows, and {rows:,} were scored")
    lost = {"label", "prediction"} - set(table.column_names)
    if lost or len(set(table.column_names)) < len(table.column_names):
        raise _unusable(where, "does not have one column 'label' and one 'prediction'")
    for field in table.schema:
        real = pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        if not real or table.column(field.name).null_count:
            raise _unusable(where, "holds something other than numbers")
    return table


def _unusable(where: str, what: str) -> StoreError:
    return StoreError(
        what,
        where=where,
        hint="run the cell again with `metabench run FILE --force --only …`",
    )
