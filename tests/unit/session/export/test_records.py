"""A copy of the records is there in full or not at all, and replaces nothing but a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from metabench.cli.main import main
from metabench.errors import StoreError, UsageError
from metabench.results.collect import collect
from metabench.session.export.folder import check_target
from metabench.session.export.records import export_records, is_record
from metabench.store.run_folder import Store
from metabench.store.verification import verify

STORES = Path(__file__).parents[3] / "fixtures" / "stores"
CELL = "adapt-plain-embedded-grammar-s0-f0-863fd446"


@pytest.fixture
def run(tmp_path):
    """Return a copy of a whole run folder, with results and failures."""
    shutil.copytree(STORES / "v2", tmp_path / "run")
    return Store(tmp_path / "run")


def without_traceback(store):
    """Return the failures but for the traceback, of whose paths the copy has the last part."""
    failures = collect(store).failures
    return {key: failure.model_copy(update={"traceback": ""}) for key, failure in failures.items()}


def test_every_score_and_failure_of_the_run_is_in_the_copy(run, tmp_path):
    cells, size = export_records(run, tmp_path / "copy")

    copy = Store(tmp_path / "copy")
    assert collect(copy).entries == collect(run).entries
    assert without_traceback(copy) == without_traceback(run)
    assert collect(copy).recipes == collect(run).recipes
    assert cells == len(list(copy.cells()))
    files = [path for path in copy.folder.rglob("*") if path.is_file()]
    assert size == sum(len(path.read_bytes()) for path in files)
    assert verify(copy).findings == ()
    assert {path.name for path in tmp_path.iterdir()} == {"run", "copy"}


def test_a_copy_of_a_copy_is_that_copy(run, tmp_path):
    export_records(run, tmp_path / "one")
    export_records(Store(tmp_path / "one"), tmp_path / "two")

    for path in (tmp_path / "one").rglob("*.json"):
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert other.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (f"cells/{CELL}/predictions.parquet", "its sha256 is not the recorded one"),
        (f"cells/{CELL}/result.json", "its sha256 is not the recorded one"),
        ("resolved.toml", "its sha256 is not the recorded one"),
    ],
)
def test_a_damaged_run_is_not_copied(run, tmp_path, file, said):
    path = run.folder / file
    data = path.read_bytes()
    path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])

    with pytest.raises(StoreError, match=said):
        export_records(run, tmp_path / "copy")
    assert {path.name for path in tmp_path.iterdir()} == {"run"}


def test_a_run_that_goes_on_is_copied_as_far_as_it_has_come(run, tmp_path):
    going_on = run.cell_folder("meta-broken-s0-3f5b6d45") / "checkpoints" / "step-000000004"
    going_on.mkdir(parents=True)
    (going_on / "state.safetensors").write_bytes(b"half of it")
    assert verify(run).costly

    export_records(run, tmp_path / "copy")

    assert collect(Store(tmp_path / "copy")).entries == collect(run).entries


def test_an_earlier_copy_is_replaced_with_force_alone(run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "records", "run", "copy"]) == 0
    assert capsys.readouterr().out == "copy\n"
    (tmp_path / "copy" / "cells" / CELL / "result.json").unlink()

    assert main(["export", "records", "run", "copy"]) == 2
    assert "'copy' is not empty" in capsys.readouterr().err
    assert main(["export", "records", "run", "copy", "--force"]) == 0
    assert (tmp_path / "copy" / "cells" / CELL / "result.json").is_file()


def test_a_run_is_never_taken_for_a_copy(run, tmp_path):
    with pytest.raises(UsageError, match=r"which no export wrote"):
        check_target(run.folder, force=True, ours=is_record)


def test_a_file_and_a_folder_that_is_nowhere_are_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"file' is a file"):
        check_target(tmp_path / "file", force=True, ours=is_record)
    with pytest.raises(UsageError, match=r"there is no folder '.*nowhere'"):
        check_target(tmp_path / "nowhere" / "copy", force=False, ours=is_record)
    assert check_target(tmp_path / "new", force=False, ours=is_record) == tmp_path / "new"
