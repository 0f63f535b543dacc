"""Laws of the run folder: a valid result.json means done, and damage never raises."""

import gc
import hashlib
import json

import pytest
from pydantic import ValidationError

from metabench.errors import StoreError
from metabench.store.records.cell import CellNote, Failure, FileNote, Result
from metabench.store.records.seal import sealed
from metabench.store.run_folder import Store, reading_many
from metabench.store.stored_cell import NO_RECORDS

KEY = hashlib.sha256(b"cell").hexdigest()
NAME = f"cell-{KEY[:8]}"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "run")


def note(**fields):
    return CellNote(
        **({"kind": "adapt", "name": "cell", "key": KEY, "inputs": {"steps": 3}} | fields)
    )


def result(provenance, **fields):
    known = {"kind": "adapt", "name": "cell", "key": KEY, "wall_seconds": 1.0}
    return Result(**(known | {"provenance": provenance} | fields))


def failure(provenance, **fields):
    known = {"kind": "adapt", "name": "cell", "key": KEY, "status": "diverged", "message": "nan"}
    return Failure(**(known | {"provenance": provenance} | fields))


def test_looking_at_a_run_that_is_not_there_finds_nothing_and_makes_nothing(store):
    assert list(store.cells()) == []
    assert store.result(NAME) is None
    assert not store.folder.exists()


def test_what_is_committed_is_found(store, provenance):
    store.commit_note(NAME, note())
    store.commit_result(NAME, result(provenance, scores={"accuracy": 0.25}))

    (cell,) = store.cells()

    assert (cell.folder, cell.name, cell.key, cell.kind) == (NAME, "cell", KEY, "adapt")
    assert cell.inputs == {"steps": 3}
    assert cell.result == result(provenance, scores={"accuracy": 0.25})
    assert store.result(NAME, key=KEY) == cell.result
    assert store.note(NAME) == note()


def test_a_result_of_another_key_is_not_the_one_asked_for(store, provenance):
    store.commit_result(NAME, result(provenance))

    assert store.result(NAME, key="f" * 64) is None


def test_a_success_forgets_the_failure_before_it(store, provenance):
    store.commit_failure(NAME, failure(provenance))
    assert store.failure(NAME) == failure(provenance)

    store.commit_result(NAME, result(provenance))

    assert store.failure(NAME) is None


def test_a_result_that_was_cut_anywhere_is_not_done_and_says_so(store, provenance):
    store.commit_note(NAME, note())
    store.commit_result(NAME, result(provenance))
    path = store.cell_folder(NAME) / "result.json"
    whole = path.read_bytes()

    for size in (0, 1, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:size])
        cell = store.cell(NAME)
        assert cell.result is None
        assert cell.damage[0].startswith("result.json: is damaged")
        assert cell.key == KEY


def test_a_result_that_was_copied_into_another_cell_is_not_done(store, provenance):
    store.commit_result("other-12345678", result(provenance))

    assert store.result("other-12345678") is None
    assert "belongs to another cell" in store.cell("other-12345678").damage[0]


def test_a_result_without_its_files_is_not_done(store, provenance):
    path = store.cell_folder(NAME) / "parameters.safetensors"
    file = FileNote(path=path.name, bytes=4, sha256="0" * 64)
    store.commit_result(NAME, result(provenance, files=(file,)))
    assert store.result(NAME) is None

    path.write_bytes(b"123")
    assert store.result(NAME) is None

    path.write_bytes(b"1234")
    assert store.result(NAME) is not None


def test_leftovers_and_strangers_are_no_cells(store, provenance):
    store.commit_result(NAME, result(provenance))
    (store.folder / "cells" / ".half.1-0.tmp").mkdir()
    (store.folder / "cells" / "README").write_text("")
    (store.cell_folder(NAME) / ".result.json.1-0.tmp").write_text("{")

    assert [cell.folder for cell in store.cells()] == [NAME]


def test_a_cell_of_which_nothing_is_known_has_the_name_of_its_folder(store):
    store.cell_folder("strange").mkdir(parents=True)

    (cell,) = store.cells()

    assert (cell.name, cell.key, cell.kind, cell.method) == ("strange", "", None, "")
    assert cell.inputs == {}


def test_a_record_that_is_a_folder_is_damage(store):
    (store.cell_folder(NAME) / "result.json").mkdir(parents=True)

    assert store.cell(NAME).damage == (
        "result.json: cannot be read or written: is not a regular file",
    )


def test_every_record_is_json_that_any_reader_takes(store, provenance):
    store.commit_note(NAME, note())
    store.commit_result(NAME, result(provenance))
    store.commit_failure(NAME, failure(provenance))

    for file in ("cell.json", "result.json", "failure.json"):
        assert json.loads((store.cell_folder(NAME) / file).read_text())["schema"] == 2


def test_what_was_asked_is_found_again(make_run):
    store = make_run()

    assert store.run().methods == ("BERT", "Joint", "Reptile")
    assert (store.folder / "spec.toml").read_text() == "text"


def test_a_folder_without_a_run_is_refused(store):
    with pytest.raises(StoreError, match="is not the folder of a run"):
        store.run()


def test_a_damaged_run_note_is_refused(make_run):
    store = make_run()
    (store.folder / "run.json").write_bytes(sealed(b'{\n  "schema": 2\n}\n'))

    with pytest.raises(StoreError, match=r"run\.json: is damaged: name: field required"):
        store.run()


def test_cells_that_cannot_be_listed_are_a_store_error(store):
    store.folder.mkdir()
    (store.folder / "cells").write_text("")

    with pytest.raises(StoreError, match="is not a regular folder"):
        list(store.cells())


def test_a_failure_that_cannot_be_forgotten_is_a_store_error(store):
    (store.cell_folder(NAME) / "failure.json").mkdir(parents=True)

    with pytest.raises(StoreError, match=r"failure\.json: cannot be"):
        store.clear_failure(NAME)


def test_a_use_that_is_in_no_row_or_column_is_refused(make_run):
    note = make_run().run()

    with pytest.raises(ValidationError, match="'BERT' on 'rte' is in no row or column"):
        type(note)(**(note.model_dump(by_alias=True) | {"methods": ("Joint",)}))


def test_a_record_takes_text_and_nothing_else_for_text(provenance):
    with pytest.raises(ValidationError, match="should be a valid string"):
        failure(provenance, message=3)


@pytest.mark.parametrize("enabled", [True, False])
def test_after_reading_many_records_garbage_collection_is_as_it_was(enabled):
    def read():
        with reading_many():
            assert not gc.isenabled()
            raise StoreError("a record")

    (gc.enable if enabled else gc.disable)()
    try:
        with pytest.raises(StoreError, match="a record"):
            read()
        assert gc.isenabled() == enabled
    finally:
        gc.enable()


def test_the_stamp_of_what_was_read_is_that_of_the_records_that_are_there(store, provenance):
    stamps = [NO_RECORDS]
    assert store.cell(NAME).stamp == store.stamp(NAME) == NO_RECORDS
    for commit in (
        lambda: store.commit_failure(NAME, failure(provenance)),
        lambda: store.commit_failure(NAME, failure(provenance, attempts=2)),
        lambda: store.commit_result(NAME, result(provenance)),
        lambda: store.commit_result(NAME, result(provenance)),
    ):
        commit()
        (cell,) = store.cells()
        stamps.append(store.stamp(NAME))

        assert cell.stamp == store.cell(NAME).stamp == Store(store.folder).cell(NAME).stamp
        assert cell.stamp == stamps[-1]
    assert len(set(stamps)) == 5
    store.commit_note(NAME, note())
    assert store.stamp(NAME) == stamps[-1]


def test_a_record_is_read_once_until_it_changes(store, provenance):
    store.commit_failure(NAME, failure(provenance))
    first = store.failure(NAME)
    again = store.failure(NAME)
    store.commit_failure(NAME, failure(provenance, attempts=2))

    assert again is first
    assert store.failure(NAME).attempts == 2


def test_a_lock_file_and_a_failure_of_before_are_seen_in_a_cell(store, provenance):
    store.commit_note(NAME, note())
    assert not store.cell(NAME).lock
    with store.lock_cell(NAME):
        assert store.cell(NAME).lock
    store.commit_failure(NAME, failure(provenance))
    store.commit_failure(f"other-{KEY[:8]}", failure(provenance))

    assert [cell.failure is None for cell in store.cells()] == [False, False]
    store.clear_failure(NAME)
    assert [cell.failure is None for cell in store.cells()] == [True, False]


def test_cells_are_named_by_what_is_known_of_them(store, provenance):
    store.commit_failure(NAME, failure(provenance, method="MAML"))
    (cell,) = store.cells()

    assert (cell.name, cell.key, cell.kind, cell.method) == ("cell", KEY, "adapt", "MAML")
    assert cell.inputs == {}


def test_a_file_of_a_cell_is_read_if_its_bytes_are_those_of_the_record(store):
    data = b"predicted"
    folder = store.cell_folder(NAME)
    folder.mkdir(parents=True)
    (folder / "a").write_bytes(data)
    file = FileNote(path="a", bytes=len(data), sha256=hashlib.sha256(data).hexdigest())

    assert store.read_file(NAME, file) == data
    for changed in ({"sha256": "0" * 64}, {"bytes": len(data) - 1}, {"path": "b"}):
        with pytest.raises(StoreError, match="is missing or damaged"):
            store.read_file(NAME, file.model_copy(update=changed))


def test_a_join_with_nobody_there_writes_the_request_and_sweeps(store, make_run):
    asked = make_run().run()
    left = store.folder / f".run.json.{1}-0f.tmp"
    left.parent.mkdir()
    left.touch()
    with store.join("text", "resolved", asked) as first:
        assert (first, left.exists()) == (True, False)
        with store.join("text", "resolved", asked) as second:
            assert not second

    assert store.run().methods == asked.methods


def test_a_process_that_joins_with_an_equal_request_neither_reads_nor_writes_it(
    store, make_run, monkeypatch
):
    asked = make_run().run()
    with store.join("text", "resolved", asked):
        before = (store.folder / "run.json").stat().st_ino
        monkeypatch.setattr(Store, "run", None)
        with Store(store.folder).join("text", "resolved", asked):
            assert (store.folder / "run.json").stat().st_ino == before


def test_a_part_of_what_is_requested_already_is_not_written_again(store, make_run):
    asked = make_run().run()
    part = asked.model_copy(
        update={"cells": tuple(one.model_copy(update={"selected": False}) for one in asked.cells)}
    )
    with store.join("text", "resolved", asked):
        before = (store.folder / "run.json").stat().st_ino
        with store.join("text", "resolved", part):
            assert (store.folder / "run.json").stat().st_ino == before
    with store.join("text", "resolved", part), store.join("text", "resolved", asked):
        assert all(cell.selected for cell in store.run().cells)


def test_a_description_that_is_not_read_costs_no_result(store, provenance):
    store.commit_result(NAME, result(provenance))
    store.commit_note(NAME, note(key="f" * 64))

    assert store.is_done(NAME)
    assert store.result(NAME) == result(provenance)
    assert [cell.damage for cell in store.cells(noted=False)] == [()]
    assert [cell.result for cell in store.cells()] == [None]
    assert store.note(NAME).key == "f" * 64
