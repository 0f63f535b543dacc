"""A copy of a run's records: all of them, without their files and without local paths."""

from __future__ import annotations

import hashlib

import pytest

from metabench.errors import StoreError
from metabench.store.record_copy import copy_records
from metabench.store.records.cell import CellNote, FileNote, Rescoring
from metabench.store.run_folder import Store
from metabench.store.verification import verify

SCORES = {("A", "x"): {0: {"scores": {"accuracy": 0.5}}, 1: "diverged", 2: None}}
COMMAND = ("/opt/bin/metabench", "run", "a.toml", "--runs=/data/mine", "--device", "~/here", "n=1")
NAMED = ("metabench", "run", "a.toml", "--runs=mine", "--device", "here", "n=1")
LEFT = FileNote(path="log.txt", bytes=3, sha256="1" * 64)


@pytest.fixture
def source(make_study, provenance):
    """Return a run folder with a result, a failure, and one cell that was not run."""
    store = make_study(SCORES)
    where = provenance.model_copy(update={"command": COMMAND})
    done, failed, _ = (use.cell for use in store.run().uses)
    again = Rescoring(metabench="1", at="then", command=COMMAND)
    result = store.result(done).model_copy(
        update={"left_out": (LEFT,), "rescoring": again, "provenance": where}
    )
    store.commit_result(done, result)
    failure = store.failure(failed).model_copy(
        update={
            "message": "no file '/data/mine/a.csv'", "hint": "see /data/mine/b",
            "provenance": where,
        }
    )  # fmt: skip
    store.commit_failure(failed, failure)
    note = store.run()
    store.commit_run("text", "resolved", note.model_copy(update={"provenance": where}))
    return store


def test_every_record_is_copied_and_the_copy_is_whole(source, tmp_path):
    target = Store(tmp_path / "copy")
    done, failed, missing = (use.cell for use in source.run().uses)

    assert copy_records(source, target) == 2
    assert isinstance(source.note(done), CellNote)
    assert [target.note(cell) for cell in (done, failed)] == [
        source.note(cell) for cell in (done, failed)
    ]
    assert target.result(done).scores == {"accuracy": 0.5}
    assert target.failure(failed).status == "diverged"
    assert missing not in target.names()
    assert (target.folder / "spec.toml").read_text() == "text"
    assert (target.folder / "resolved.toml").read_text() == "resolved"
    assert verify(target).findings == ()


def test_paths_of_commands_are_cut_to_their_last_part_and_nothing_else(source, tmp_path):
    target = Store(tmp_path / "copy")
    copy_records(source, target)
    done, failed, _ = (use.cell for use in source.run().uses)
    result, failure = target.result(done), target.failure(failed)

    for command in (
        target.run().provenance.command, result.provenance.command, result.rescoring.command,
        failure.provenance.command,
    ):  # fmt: skip
        assert command == NAMED
    assert (failure.message, failure.hint) == ("no file 'a.csv'", "see b")


def test_files_are_named_with_their_hashes_after_those_that_were_left_out_before(source, tmp_path):
    done = source.run().uses[0].cell
    data = b"predicted"
    (source.cell_folder(done) / "predictions.parquet").write_bytes(data)
    file = FileNote(
        path="predictions.parquet", bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    source.commit_result(done, source.result(done).model_copy(update={"files": (file,)}))
    target = Store(tmp_path / "copy")
    copy_records(source, target)

    assert target.result(done).files == ()
    assert target.result(done).left_out == (LEFT, file)
    assert not (target.cell_folder(done) / "predictions.parquet").exists()


def test_cells_that_the_run_no_longer_plans_are_left_out(source, tmp_path):
    note = source.run()
    done, failed, _ = note.uses
    uses = (done.model_copy(update={"key": "f" * 64}), failed)
    cells = tuple(cell for cell in note.cells if cell.key == failed.key)
    source.commit_run("", "", note.model_copy(update={"uses": uses, "cells": cells}))
    target = Store(tmp_path / "copy")

    assert copy_records(source, target) == 1
    assert target.names() == [failed.cell]


def test_what_is_damaged_is_not_copied_except_in_checkpoints(source, tmp_path):
    failed = source.run().uses[1].cell
    checkpoint = source.cell_folder(failed) / "checkpoints" / "step-000000001"
    checkpoint.mkdir(parents=True)
    (checkpoint / "state.safetensors").touch()

    assert copy_records(source, Store(tmp_path / "copy")) == 2
    (source.cell_folder(failed) / "cell.json").write_text("{")
    with pytest.raises(StoreError, match=f"'cells/{failed}/cell.json' .* are not copied"):
        copy_records(source, Store(tmp_path / "again"))
