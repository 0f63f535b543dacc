"""Saved predictions are scored again, and the run names the cells that have the new scores."""

from __future__ import annotations

import numpy as np
import pytest
from kit.benchmark import PLAIN, benchmark

from metabench.cli.inputs.benchmark import make_plan
from metabench.session.cell.outcome import cell_note, leave
from metabench.session.cell.predictions import parquet
from metabench.session.replay.rescore import rescore, write_rescored
from metabench.session.runner.record import run_note
from metabench.spec.write import to_toml
from metabench.store.records.cell import Result
from metabench.store.run_folder import Store

LABELS = np.array([0, 1, 1, 0])
OUTPUTS = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.5], [0.0, 1.0]], dtype=np.float32)
ENTAILMENT = {"target": ["embedded/entailment"]}
SCORES = {"accuracy": 0.5}
"""By hand: two of four are right."""


@pytest.fixture
def planned(tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(benchmark("again", PLAIN, tasks=ENTAILMENT, seeds={"meta": [0, 1]}))
    return make_plan(str(path), sets=(), smoke=False, hub=None)


@pytest.fixture
def store(tmp_path, planned, provenance):
    """Return a run folder whose cells predicted half of four examples."""
    store, plan = Store(tmp_path / "again"), planned.plan
    note = run_note(plan, planned.catalog)
    store.commit_run(plan.benchmark.text, to_toml(plan.benchmark.spec), note)
    for cell in plan.cells:
        card = cell.work.task.card
        data = parquet(card, LABELS, OUTPUTS)
        store.commit_note(cell.folder, cell_note(cell))
        left = leave(store.place(cell.folder), "predictions.parquet", data)
        result = Result(
            kind="adapt", name=cell.name, key=cell.key, method=cell.method, scores=SCORES,
            primary=card.primary, files=(left,), wall_seconds=1.0, provenance=provenance,
        )  # fmt: skip
        store.commit_result(cell.folder, result)
    return store


def test_scores_that_are_right_stay(store, planned):
    found = list(rescore(store, planned.catalog))
    before = store.run()
    write_rescored(store, found, catalog=planned.catalog, command=())

    assert {one.folder for one in found} == {cell.folder for cell in planned.plan.cells}
    assert [dict(one.scores) for one in found] == [SCORES] * 2
    assert [(one.changed, one.moved, one.problem) for one in found] == [(False, False, "")] * 2
    assert store.run() == before


def test_scores_that_were_wrong_are_replaced_in_their_cell_alone(store, planned):
    cell, other = planned.plan.cells
    wrong = store.result(cell.folder, key=cell.key).model_copy(update={"scores": {"accuracy": 1}})
    store.commit_result(cell.folder, wrong)
    kept = store.result(other.folder, key=other.key)
    found = list(rescore(store, planned.catalog))
    write_rescored(store, found, catalog=planned.catalog, command=("score",))

    assert [one.changed for one in found] == [True, False]
    assert store.result(cell.folder, key=cell.key).scores == SCORES
    assert store.result(other.folder, key=other.key) == kept
    assert {note.name for note in store.run().metrics} == set(SCORES)


def test_a_cell_with_other_metrics_becomes_another_and_the_run_names_it(store, planned):
    """As after a change of the card: the record's metrics are not those of now."""
    cell, other = planned.plan.cells
    note, result = store.note(cell.folder), store.result(cell.folder, key=cell.key)
    old = note.model_copy(update={"key": "0" * 64, "inputs": {**note.inputs, "metrics": {}}})
    folder = f"{cell.name}-00000000"
    store.cell_folder(cell.folder).rename(store.cell_folder(folder))
    store.commit_note(folder, old)
    store.commit_result(folder, result.model_copy(update={"key": old.key}))
    run, named = store.run(), {"cell": folder, "key": old.key}
    swap = lambda notes: tuple(  # noqa: E731
        one.model_copy(update=named) if one.key == cell.key else one for one in notes
    )
    store.rewrite_run(run.model_copy(update={"uses": swap(run.uses), "cells": swap(run.cells)}))
    found = list(rescore(store, planned.catalog))
    write_rescored(store, found, catalog=planned.catalog, command=())

    assert [(one.folder, one.moved) for one in found] == [(folder, True), (other.folder, False)]
    assert store.run() == run
    assert store.result(cell.folder, key=cell.key).scores == SCORES
    assert store.result(folder, key=old.key).scores == SCORES


def test_predictions_that_are_damaged_give_no_scores_and_change_nothing(store, planned):
    cell, _ = planned.plan.cells
    path = store.cell_folder(cell.folder) / "predictions.parquet"
    path.write_bytes(path.read_bytes()[::-1])
    found = list(rescore(store, planned.catalog))
    write_rescored(store, found, catalog=planned.catalog, command=())

    assert [bool(one.problem) for one in found] == [True, False]
    assert [one.changed for one in found] == [False, False]
    assert store.result(cell.folder, key=cell.key).scores == SCORES


def test_cells_without_scores_are_left_out(store, planned):
    cell, other = planned.plan.cells
    bare = store.result(cell.folder, key=cell.key).model_copy(update={"primary": None})
    store.commit_result(cell.folder, bare)

    assert [one.folder for one in rescore(store, planned.catalog)] == [other.folder]
