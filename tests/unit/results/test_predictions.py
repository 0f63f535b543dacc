"""Predictions are read where they are numbers, one per scored row, of a size known beforehand."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.errors import StoreError
from metabench.limits import PREDICTION_BYTES
from metabench.results.predictions import read_predictions
from metabench.store.file_names import PREDICTIONS
from metabench.store.records.cell import FileNote, Provenance, Result
from metabench.store.run_folder import Store

CELL = "a-00000000"
GOOD = {"row": [0, 1], "label": [0, 1], "prediction": [0, 1], "output: a": [1.0, 0.0]}


def recorded(folder, columns, *, rows=2):
    """Write a file of predictions with the record that a stranger would write for it."""
    path = folder / "cells" / CELL / PREDICTIONS
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), path, compression="zstd", store_schema=False)
    data = path.read_bytes()
    note = FileNote(path=PREDICTIONS, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    return Result(
        kind="adapt", name="a", key="0" * 64, files=(note,), scored_rows=rows, wall_seconds=1.0,
        provenance=Provenance(metabench="0", python="3"),
    )  # fmt: skip


def test_good_predictions_are_read(tmp_path):
    labels, outputs = read_predictions(Store(tmp_path), CELL, recorded(tmp_path, GOOD))

    assert labels.tolist() == [0, 1]
    assert outputs.tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({**GOOD, "label": ["a", "b"]}, "holds something other than numbers"),
        ({**GOOD, "label": [0, None]}, "holds something other than numbers"),
        ({**GOOD, "output: a": [[1.0], [0.0]]}, "holds something other than numbers"),
        ({"label": [0, 1]}, "does not have one column 'label' and one 'prediction'"),
        ({"row": [0, 1]}, "does not have one column 'label' and one 'prediction'"),
        ({name: [0, 1, 0] for name in GOOD}, "holds 3 rows, and 2 were scored"),
    ],
)
def test_what_is_not_one_number_per_scored_row_is_refused(tmp_path, columns, problem):
    with pytest.raises(StoreError, match=problem) as caught:
        read_predictions(Store(tmp_path), CELL, recorded(tmp_path, columns))
    assert caught.value.where == str(tmp_path / "cells" / CELL / PREDICTIONS)


def test_many_numbers_in_few_bytes_are_refused_before_they_are_read(tmp_path):
    count = 2_000_000
    one = pa.array([0] * count)
    columns = {"label": one, "prediction": one} | {f"output: {at}": one for at in range(40)}
    result = recorded(tmp_path, columns, rows=count)
    before = pa.total_allocated_bytes()

    assert result.files[0].bytes < PREDICTION_BYTES // 1000
    with pytest.raises(StoreError, match=r"holds more than 0\.5 GiB once it is decoded"):
        read_predictions(Store(tmp_path), CELL, result)
    # The error may still hold the footer's reader, some bytes; the numbers would be 0.6 GiB.
    assert pa.total_allocated_bytes() - before < 2**16
