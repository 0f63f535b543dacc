"""Predictions as a reader of Parquet finds them."""

from __future__ import annotations

import io

import numpy as np
import pyarrow.parquet as pq
import pytest

from metabench.plugin.catalog import load_catalog
from metabench.session.cell.predictions import parquet


@pytest.mark.parametrize(
    ("task", "labels", "outputs", "prediction"),
    [
        ("embedded/grammar", [1, 0, 1], [[0.5, 0.25], [-1.0, 2.0], [0.0, 1.0]], [0, 1, 1]),
        ("embedded/similarity", [0.5, 3.0], [[0.75], [2.5]], [0.75, 2.5]),
    ],
)
def test_each_example_has_its_row_label_prediction_and_outputs(task, labels, outputs, prediction):
    card = load_catalog().task(task).value
    data = parquet(card, np.array(labels), np.array(outputs, dtype=np.float32))

    columns = pq.read_table(io.BytesIO(data)).to_pydict()
    expected = {"row": list(range(len(labels))), "label": labels, "prediction": prediction}
    for place, name in enumerate(card.labels):
        expected[f"output: {name}"] = [row[place] for row in outputs]
    assert columns == expected
    assert list(columns) == list(expected)
