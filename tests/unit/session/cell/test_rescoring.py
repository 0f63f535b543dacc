"""New scores of predictions: in the folder of their cell, or in that of another one."""

from __future__ import annotations

import pytest

from metabench import __version__
from metabench.session.cell.rescoring import commit_scores
from metabench.store.records.cell import CellNote, Result
from metabench.store.run_folder import Store

OLD, NEW = "a" * 64, "b" * 64
FOLDER = f"adapt-{OLD[:8]}"
FILES = {"predictions.parquet": b"outputs", "log.txt": b"done", "metrics.jsonl": b"{}"}


def note(key):
    return CellNote(kind="adapt", name="adapt", key=key, inputs={"steps": 1}, method="later")


@pytest.fixture
def older(provenance):
    return Result(
        kind="adapt", name="adapt", key=OLD, scores={"accuracy": 0.5}, method="BERT",
        wall_seconds=1.0, provenance=provenance,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path, older):
    store = Store(tmp_path)
    store.commit_note(FOLDER, note(OLD))
    store.commit_result(FOLDER, older)
    for name, data in FILES.items():
        (store.cell_folder(FOLDER) / name).write_bytes(data)
    return store


@pytest.mark.parametrize("known", [False, True])
def test_scores_of_the_same_cell_stay_in_its_folder(store, older, known):
    place = commit_scores(
        store, FOLDER, older, {"f1": 0.25}, note=note(OLD) if known else None, command=("x",)
    )
    found = store.result(FOLDER, key=OLD)

    assert place == FOLDER
    assert [path.name for path in (store.folder / "cells").iterdir()] == [FOLDER]
    assert (found.scores, found.method) == ({"f1": 0.25}, "BERT")
    assert (found.rescoring.before, found.rescoring.source) == ({"accuracy": 0.5}, "")
    assert (found.rescoring.metabench, found.rescoring.command) == (__version__, ("x",))


def test_scores_of_another_cell_take_its_name_and_the_files_and_leave_the_first_alone(store, older):
    (store.cell_folder(FOLDER) / "log.txt").unlink()  # what is not there is not taken over
    place = commit_scores(store, FOLDER, older, {"f1": 0.25}, note=note(NEW), command=())
    found, folder = store.result(place, key=NEW), store.cell_folder(place)

    assert place == f"adapt-{NEW[:8]}"
    assert store.result(FOLDER, key=OLD) == older
    assert (found.scores, found.method, found.key) == ({"f1": 0.25}, "later", NEW)
    assert (found.rescoring.before, found.rescoring.source) == ({"accuracy": 0.5}, FOLDER)
    assert store.note(place) == note(NEW)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in FILES} == {
        name: data for name, data in FILES.items() if name != "log.txt"
    }
