"""A cell that is run again: the new result takes the place, and one that differs is kept."""

from __future__ import annotations

import hashlib
import os
import shutil

import pytest

from metabench.plan.cell import Cell
from metabench.results.profile import same_environment
from metabench.results.repeats import nondeterministic, repeat_notes, same_numbers
from metabench.session.cell.staging import Stage
from metabench.store.records.cell import CellNote, FileNote, Provenance, Rescoring, Result
from metabench.store.run_folder import Store
from metabench.store.verification import verify

KEY = "a" * 64
CELL = Cell("adapt", "cell", KEY, {"steps": 1}, work=None)
NOTE = CellNote(kind="adapt", name="cell", key=KEY, inputs={"steps": 1})
HERE = Provenance(metabench="1", python="3", device="cpu", threads=1)


@pytest.fixture
def store(tmp_path):
    """Return a run folder without cells."""
    return Store(tmp_path)


def run(store, score, *, where=HERE, data=None):
    """Do what running the cell does: write a file, then the record."""
    store.commit_note(CELL.folder, NOTE)
    stage = Stage(CELL, store)
    folder = store.cell_folder(stage.cell.folder)
    folder.mkdir(exist_ok=True)
    data = str(score).encode() if data is None else data
    (folder / "predictions.parquet").write_bytes(data)
    (store.cell_folder(CELL.folder) / "log.txt").write_text("log")
    file = FileNote(
        path="predictions.parquet", bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    result = Result(
        kind="adapt", name="cell", key=KEY, scores={"accuracy": score}, files=(file,),
        wall_seconds=1.0, provenance=where,
    )  # fmt: skip
    return stage.commit(NOTE, result)


def kept(store):
    folders = sorted((store.cell_folder(CELL.folder) / "earlier").glob("*"))
    return [(folder / "predictions.parquet").read_text() for folder in folders]


def test_a_result_that_comes_out_the_same_again_takes_the_place_of_the_first(store):
    run(store, 0.5)
    again = run(store, 0.5)

    assert not again.nondeterministic
    assert kept(store) == []
    assert [path.name for path in (store.folder / "cells").iterdir()] == [CELL.folder]


def test_results_that_differ_on_one_machine_are_all_kept_and_the_last_says_so(store, tmp_path):
    for score in (0.5, 0.75, 0.75, 0.25):
        last = run(store, score)
    there = store.cell(CELL.folder)

    assert last.nondeterministic
    assert there.result == last
    assert there.result.scores == {"accuracy": 0.25}
    assert kept(store) == ["0.5", "0.75"]
    assert store.cell_folder(CELL.folder).joinpath("log.txt").read_text() == "log"


def test_a_result_that_once_differed_on_one_machine_stays_flagged(store):
    for score in (0.5, 0.75, 0.75, 0.75):
        last = run(store, score)

    assert last.nondeterministic


def test_what_an_interrupted_rerun_left_is_not_in_the_next_one(store):
    run(store, 0.5)
    left = store.cell_folder(Stage(CELL, store).cell.folder)
    left.mkdir()
    (left / "metrics.jsonl").write_text("of an attempt that was killed")
    run(store, 0.75)

    assert not list(store.folder.rglob("metrics.jsonl"))


def test_files_that_differ_are_a_difference_though_the_scores_are_equal(store):
    run(store, 0.5, data=b"one")

    assert run(store, 0.5, data=b"two").nondeterministic


def test_another_machine_may_come_to_other_numbers_and_both_are_kept(store):
    run(store, 0.5)
    other = run(store, 0.75, where=HERE.model_copy(update={"threads": 2}))

    assert not other.nondeterministic
    assert kept(store) == ["0.5"]


def test_where_names_cannot_be_doubled_files_are_copied(store, monkeypatch):
    def fail(*_, **__):
        raise OSError("no links here")

    run(store, 0.5)
    monkeypatch.setattr(os, "link", fail)
    run(store, 0.75)

    assert kept(store) == ["0.5"]
    assert not [one for one in _problems(store) if "earlier" in one]


def _problems(store):
    from metabench.store.records.run import RunNote

    store.commit_run("", "", RunNote(name="x", methods=(), columns=(), uses=()))
    return [one.path for one in verify(store).findings]


def test_scores_that_were_computed_again_are_no_difference_where_the_files_are_the_same(store):
    first = run(store, 0.5)
    again = Rescoring(metabench="1", at="now")
    rescored = first.model_copy(update={"scores": {"accuracy": 0.6}, "rescoring": again})

    assert same_numbers(first, rescored)
    assert not same_numbers(first, first.model_copy(update={"scores": {"accuracy": 0.6}}))


def test_a_reader_is_told_of_what_differs_and_whether_it_had_to_be_the_same(store):
    first = run(store, 0.5)
    other = first.model_copy(update={"scores": {"accuracy": 0.6}})
    away = other.model_copy(update={"provenance": HERE.model_copy(update={"device": "gpu"})})
    names = {key: first.model_copy(update={"name": key}) for key in "abc"}
    flagged = {key: one.model_copy(update={"nondeterministic": True}) for key, one in names.items()}

    assert same_environment(first.provenance, other.provenance)
    assert nondeterministic([{KEY: first}, {KEY: first}]) == ()
    assert nondeterministic([{KEY: first}, {KEY: other}]) == ("cell",)
    assert nondeterministic([{KEY: first}, {KEY: away}]) == ()
    assert list(repeat_notes([{KEY: first}])) == []
    assert [note.partition(":")[0] for note in repeat_notes([{KEY: first}, {KEY: other}])] == [
        "NONDETERMINISTIC"
    ]
    assert [note.partition(":")[0] for note in repeat_notes([{KEY: first}, {KEY: away}])] == [
        "TWICE"
    ]
    assert "a and 2 more gave other numbers" in next(repeat_notes([flagged]))


def test_an_attempt_that_does_not_end_leaves_the_older_result_as_it_was(store):
    run(store, 0.5)
    stage = Stage(CELL, store)
    store.cell_folder(stage.cell.folder).mkdir()
    stage.discard()

    assert store.result(CELL.folder).scores == {"accuracy": 0.5}
    assert not store.cell_folder(stage.cell.folder).exists()
    shutil.rmtree(store.folder)
