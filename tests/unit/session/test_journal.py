"""The metrics of a cell that goes on are those of one that never stopped."""

from __future__ import annotations

import json

import pytest

from metabench.engine.step import StepDone
from metabench.session.journal import Journal


def write(folder, steps, after=0):
    with Journal(folder, after=after) as journal:
        for step in steps:
            journal.step(StepDone("meta", step, 9, {"loss": float(step)}))
        journal.flush()


def steps(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["step"] for line in lines]


@pytest.mark.parametrize(
    ("after", "expected"), [(0, [1, 2]), (3, [1, 2, 3, 4, 5]), (5, [1, 2, 3, 4, 5, 6, 7])]
)
def test_it_goes_on_after_the_step_of_the_checkpoint(tmp_path, after, expected):
    write(tmp_path, [1, 2, 3, 4, 5, 6])
    write(tmp_path, [after + 1, after + 2], after=after)

    assert steps(tmp_path) == expected


def test_without_metrics_there_is_nothing_to_keep(tmp_path):
    write(tmp_path, [4, 5], after=3)

    assert steps(tmp_path) == [4, 5]
