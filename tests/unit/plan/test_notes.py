"""Notes on data: each names its task, and is there where a reader has to know it and only there."""

from __future__ import annotations

import pytest

from metabench.api import GeneratedSource, TaskCard
from metabench.plan.cell import TaskUse
from metabench.plan.notes import SMOKE, plan_notes, shuffled_notes, support_notes, task_notes
from metabench.plan.uses import TaskInUse


def in_use(
    name="t", *, generated=False, shuffled=False, role="target", rows=100, classes=None, notes=()
):
    card = TaskCard(
        name=name, title=name, source=GeneratedSource(target="toy_rows:rows"), text=("a",),
        labels=("no", "yes", "maybe"), metrics=("accuracy",), generated=generated,
        splits={"train": 100, "validation": 9}, scored="validation",
        summary="a", licence="b", citation="c",
    )  # fmt: skip
    use = TaskUse(
        card, role, "train", "validation", "0", train_rows=rows, scored_rows=9,
        classes={"train": classes or {}},
    )  # fmt: skip
    return TaskInUse(use, "1", "2", shuffled=shuffled, smoke=False, notes=notes)


def test_generated_tasks_share_a_note_of_a_plan_and_have_one_each():
    tasks = [in_use("a", generated=True), in_use("b"), in_use("c", generated=True)]
    said = "GENERATED: the examples of {} are synthetic; scores mean nothing about language"

    assert plan_notes(tasks, smoke=False) == (said.format("a, c"),)
    assert [task_notes(task) for task in tasks] == [(said.format("a"),), (), (said.format("c"),)]


def test_a_smoke_run_and_permuted_labels_come_before_what_single_tasks_lack():
    tasks = [in_use("a", rows=99), in_use("b", shuffled=True, notes=("OWN: mine",))]
    permuted = "SHUFFLED: labels of b are permuted in meta-training"
    alone = ("PARTIAL: a train 99 of 100 rows", "OWN: mine")

    assert plan_notes(tasks, smoke=True) == (SMOKE, permuted, *alone)
    assert plan_notes(tasks, smoke=False) == (permuted, *alone)
    assert shuffled_notes(tasks) == (permuted,)
    assert shuffled_notes(tasks[:1]) == ()


@pytest.mark.parametrize(
    ("classes", "batch_size", "said"),
    [
        ({"no": 97, "yes": 3}, 16, "61 % of batches of 16 have no example of class 'yes' (3 of"),
        ({"no": 3, "yes": 97}, 8, "78 % of batches of 8 have no example of class 'no' (3 of"),
        ({"no": 50, "yes": 50}, 1, None),  # just half of them
        ({"no": 51, "yes": 49}, 1, "51 % of batches of 1 have no example of class 'yes' (49 of"),
        ({"no": 97, "yes": 3}, 32, None),
        ({"no": 100, "yes": 0, "maybe": 0}, 1, None),  # no batch has another class
        ({}, 1, None),
    ],
)
def test_a_class_that_most_support_batches_lack_is_named_with_the_share(classes, batch_size, said):
    """The share without one of r of n examples in batches of m is (1 - r/n)^m."""
    found = list(support_notes([in_use(classes=classes)], batch_size))

    assert found == ([] if said is None else [f"SUPPORT: t: {said} 100); raise meta.batch_size"])


def test_every_task_with_a_rare_class_has_its_note():
    tasks = [in_use("a"), in_use("b", classes={"no": 99, "yes": 1})]

    assert [note.partition(" ")[2][:2] for note in support_notes(tasks * 2, 4)] == ["b:", "b:"]
