"""Rows that are not there are noted, or make a cell unavailable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metabench.api import GeneratedSource, TaskCard
from metabench.plan.cell import TaskUse
from metabench.plan.notes import task_notes
from metabench.plan.uses import TaskInUse, fraction_use, meta_use, target_use


def in_use(*, there: int = 549, smoke: bool = False, train: str = "train") -> TaskInUse:
    card = TaskCard(
        name="scitail",
        title="SciTail",
        source=GeneratedSource(target="toy_rows:rows"),
        text=("a", "b"),
        metrics=("accuracy",),
        splits={"train": 23_596, "validation": 1304, "test": 2126},
        scored="test",
        summary="a",
        licence="b",
        citation="c",
    )
    use = TaskUse(card, "transfer", train, "test", "0", train_rows=there, scored_rows=2126)
    return TaskInUse(use, "1", "2", shuffled=False, smoke=smoke)


@pytest.mark.parametrize(("fraction", "rows"), [(0.001, 24), (0.01, 236), (1e-9, 1)])
def test_a_fraction_is_of_the_official_size(fraction, rows):
    use, unavailable = fraction_use(in_use(), fraction)

    assert (use.rows, unavailable) == (rows, "")


def test_too_large_a_fraction_says_what_it_asks_for_and_what_there_is():
    assert fraction_use(in_use(), 0.1)[1] == "asks for 2,360 examples (10 % of 23,596), it has 549"
    assert fraction_use(in_use(), 1.0)[1] == (
        "asks for 23,596 examples (100 % of 23,596), it has 549"
    )


def test_all_rows_are_all_rows_where_all_are_there():
    use, unavailable = fraction_use(in_use(there=23_596), 1.0)

    assert (use.rows, unavailable) == (23_596, "")


def test_the_size_of_another_split_counts_where_it_is_trained_on():
    use, _ = fraction_use(in_use(there=1304, train="validation"), 0.5)

    assert use.rows == 652


def test_a_smoke_run_does_not_make_rows_available():
    small, unavailable = fraction_use(in_use(smoke=True), 0.01)
    large, why = fraction_use(in_use(smoke=True), 0.1)

    assert (small.rows, unavailable) == (64, "")
    assert large.rows == 2360
    assert why


def test_targets_and_meta_training_take_what_is_there():
    assert target_use(in_use()).size == 549
    assert meta_use(in_use()).size == 549
    assert target_use(in_use(there=30, smoke=True)).size == 30


def test_a_smoke_run_scores_few_rows_of_every_use_and_others_score_all():
    for smoke, limit in ((False, None), (True, 128)):
        task = in_use(smoke=smoke)

        assert target_use(task).scored_limit == limit
        assert [fraction_use(task, share)[0].scored_limit for share in (0.01, 0.1)] == [limit] * 2


def test_another_split_than_the_tasks_own_is_noted():
    assert task_notes(in_use(there=1304, train="validation")) == (
        "SPLIT: scitail trains on validation (1,304 rows)",
    )
    task = in_use(there=23_596)
    other = replace(task, use=replace(task.use, scored="validation", scored_rows=1304))
    auxiliary = replace(other, use=replace(other.use, role="auxiliary"))

    assert task_notes(other) == ("SPLIT: scitail is scored on validation (1,304 rows)",)
    assert task_notes(auxiliary) == ()


def test_partial_data_is_noted():
    assert task_notes(in_use()) == ("PARTIAL: scitail train 549 of 23,596 rows",)
    assert task_notes(in_use(there=23_596)) == ()


def test_scored_rows_that_are_not_there_are_noted_where_any_are_scored():
    task = in_use(there=23_596)
    fewer = replace(task, use=replace(task.use, scored_rows=2125))
    auxiliary = replace(fewer, use=replace(fewer.use, role="auxiliary"))

    assert task_notes(fewer) == ("PARTIAL: scitail test 2,125 of 2,126 rows",)
    assert task_notes(auxiliary) == ()
