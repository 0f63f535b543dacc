"""Files as messages: they arrive as they were sent, and nothing but a cell's files is taken."""

from __future__ import annotations

import json

import pytest

from metabench.errors import StoreError
from metabench.session.runner.parcels import Parcel, checkpoint_of, packed_parcel

FILES = {"log.txt": b"", "metrics.jsonl": b"{}\n", "parameters.safetensors": bytes(3 * 2**20 + 7)}


def received(lines):
    parcel = Parcel()
    return [parcel.add(json.loads(line)) for line in lines]


def test_files_arrive_as_they_were_sent_when_the_last_line_has():
    lines = list(packed_parcel(FILES))
    *before, last = received(lines)

    assert last == FILES
    assert before == [None] * (1 + 4)
    assert max(map(len, lines)) < 1.5 * 2**20


def test_a_part_that_is_missing_is_noticed():
    lines = list(packed_parcel(FILES))

    with pytest.raises(StoreError, match="was damaged on its way") as caught:
        received([*lines[:2], *lines[3:]])

    assert str(caught.value.where).endswith("parameters.safetensors")


@pytest.mark.parametrize(
    "path",
    [
        "../log.txt",
        "/etc/passwd",
        "LOCK",
        "earlier/1/log.txt",
        "checkpoints/step-000000001/../../log.txt",
        "checkpoints/../log.txt",
        "checkpoints/step-000000001/log.txt",
        "checkpoints",
    ],
)
def test_a_path_that_no_file_of_a_cell_has_is_refused(path):
    with pytest.raises(StoreError, match="which no cell has"):
        checkpoint_of(path)
