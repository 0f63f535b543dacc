"""What verify finds: each file that is not as it was written, by its name and why."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import pytest

from metabench.cli.main import main
from metabench.errors import StoreError
from metabench.seeding import Stream
from metabench.store.leftovers import leftovers, sweep
from metabench.store.processes import present
from metabench.store.run_folder import Store
from metabench.store.verification import verify

V2 = Path(__file__).parents[2] / "fixtures" / "stores" / "v2"
CELL = "adapt-plain-embedded-grammar-s0-f0-863fd446"
META = "meta-broken-s0-3f5b6d45"


@pytest.fixture
def store(tmp_path):
    """Return a copy of a whole run folder."""
    shutil.copytree(V2, tmp_path / "run")
    return Store(tmp_path / "run")


def checkpoint(folder, *, tensors=b"tensors", note=b"note"):
    folder.mkdir(parents=True)
    lines = ""
    for name, data in {"state.safetensors": tensors, "checkpoint.json": note}.items():
        (folder / name).write_bytes(data)
        lines += f"{hashlib.sha256(data).hexdigest()}  {name}\n"
    (folder / "SHA256SUMS").write_text(lines)


def found(store):
    return [(one.what, one.path) for one in verify(store).findings]


def test_a_whole_run_has_nothing_to_find_and_all_of_it_was_looked_at(store):
    checkpoint(store.cell_folder(META) / "checkpoints" / "step-000000004")
    seen = verify(store)

    assert seen.findings == ()
    assert (seen.formats, seen.files, seen.checkpoints) == ({2: 7}, 4, 1)


def test_every_file_is_found_whose_bytes_are_other_ones(store):
    checkpoint(store.cell_folder(META) / "checkpoints" / "step-000000004")
    draws = Stream.root(0).child("verify").numpy()
    free = {"log.txt", "metrics.jsonl"}  # no evidence, and appended to
    paths = [path for path in store.folder.rglob("*") if path.is_file() and path.name not in free]
    for path in sorted(paths):
        whole = path.read_bytes()
        for at in draws.integers(len(whole), size=25):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
            assert [one.what for one in verify(store).costly] == ["damaged"], (path, at)
        path.write_bytes(whole[:-1])
        assert [one.what for one in verify(store).costly] == ["damaged"], path
        path.write_bytes(whole)

    assert len(paths) == 14
    assert verify(store).findings == ()


def test_what_is_gone_is_missing_and_its_cell_is_to_be_run_again(store):
    (store.cell_folder(CELL) / "predictions.parquet").unlink()
    (store.cell_folder("adapt-plain-embedded-entailment-s0-f0-eff42fcf") / "cell.json").unlink()
    (store.folder / "resolved.toml").unlink()

    assert {(one.what, Path(one.path).name, one.cell) for one in verify(store).findings} == {
        ("missing", "resolved.toml", ""),
        ("missing", "cell.json", "adapt-plain-embedded-entailment-s0-f0-eff42fcf"),
        ("missing", "predictions.parquet", CELL),
    }


def test_strangers_are_named_and_cost_nothing(store, capsys):
    (store.folder / "notes").write_text("mine")
    (store.folder / "cells" / "README").write_text("mine")
    (store.cell_folder(CELL) / "figure.png").write_text("mine")

    assert found(store) == [("foreign", "notes"), ("foreign", f"cells/{CELL}/figure.png")]
    assert main(["verify", str(store.folder)]) == 0
    assert f"foreign  cells/{CELL}/figure.png" in capsys.readouterr().out


def leave(store):
    """Leave what processes that died leave; return it."""
    cells = store.folder / "cells"
    left = [
        store.folder / ".run.json.12-0.tmp",
        store.folder / "processes" / "host-1-0",
        cells / f".again-{CELL}" / "result.json",
        cells / f".{CELL}.77-0.old" / "result.json",
        cells / CELL / ".result.json.9-3.tmp",
        cells / CELL / "checkpoints" / "step-000000002" / "state.safetensors",
        cells / META / "checkpoints" / ".step-000000002.9.tmp" / "state.safetensors",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return {
        left[0], left[1], left[2].parent, left[3].parent, left[4], left[5].parents[1],
        left[6].parent,
    }  # fmt: skip


def test_leftovers_are_named_and_the_next_run_takes_them_away_and_nothing_else(store):
    checkpoint(store.cell_folder(META) / "checkpoints" / "step-000000001")
    before = sorted(path for path in store.folder.rglob("*") if path.is_file())
    left = leave(store)

    assert {folder.path / name for folder, name in leftovers(store.root, store.is_done)} == left
    assert {one.path for one in verify(store).findings if one.what == "leftover"} == {
        path.relative_to(store.folder).as_posix() for path in left
    }
    with store.join("spec", "resolved", store.run()) as first:
        assert first
    after = sorted(path for path in store.folder.rglob("*") if path.is_file())
    assert after == before
    assert [one.path for one in verify(store).findings] == []


def test_nothing_is_swept_while_somebody_works_on_the_folder(store, capsys):
    left = leave(store)
    with present(store.folder):
        with store.join("spec", "resolved", store.run()) as first:
            assert not first
        assert main(["verify", str(store.folder)]) == 0

    assert all(path.exists() for path in left)
    assert "another process is working on it" in capsys.readouterr().err


@pytest.mark.parametrize("number", [2**22 + 5, os.getppid()], ids=["ended", "alive elsewhere"])
def test_a_result_that_was_only_set_aside_is_there_again_after_the_sweep(store, number):
    folder = store.cell_folder(CELL)
    folder.rename(folder.with_name(f".{CELL}.{number}-0.old"))
    assert store.result(CELL) is None

    sweep(store.root, store.is_done)
    assert store.result(CELL).scores == {"matthews": -0.04792116829025392}


def plant(path, kind, target):
    if path.is_dir():
        shutil.move(path, target)
    else:
        target.write_bytes(path.read_bytes() if path.exists() else b"")
        path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(target)


@pytest.mark.parametrize("kind", ["pipe", "link"])
@pytest.mark.parametrize("name", ["result.json", "cell.json", "predictions.parquet"])
def test_what_is_no_regular_file_is_damage_and_is_never_waited_for(store, tmp_path, name, kind):
    plant(store.cell_folder(CELL) / name, kind, tmp_path / "target")
    began = time.monotonic()
    (one,) = verify(store).costly

    assert (one.what, one.path) == ("damaged", f"cells/{CELL}/{name}")
    assert "is not a regular file" in one.problem
    assert any("regular" in what or "missing" in what for what in store.cell(CELL).damage)
    assert time.monotonic() - began < 1.0


def test_a_cell_folder_that_leads_out_of_the_run_folder_is_not_written_to(store, tmp_path):
    note = store.note(CELL)
    plant(store.cell_folder(CELL), "link", tmp_path / "outside")
    before = sorted((tmp_path / "outside").iterdir())

    for write in (lambda: store.commit_note(CELL, note), lambda: store.lock_cell(CELL).__enter__()):
        with pytest.raises(StoreError, match="is not a regular folder"):
            write()
    assert sorted((tmp_path / "outside").iterdir()) == before


def test_records_of_another_cell_are_damage(store):
    shutil.copy(store.cell_folder(META) / "failure.json", store.cell_folder(CELL) / "failure.json")

    assert [(one.what, one.problem) for one in verify(store).findings] == [
        ("damaged", "holds records of 'meta-broken-s0'")
    ]


def test_an_earlier_result_is_verified_too(store):
    earlier = store.cell_folder(CELL) / "earlier" / "1"
    earlier.mkdir(parents=True)
    for name in ("result.json", "predictions.parquet"):
        shutil.copy(store.cell_folder(CELL) / name, earlier / name)
    assert verify(store).findings == ()

    (earlier / "predictions.parquet").write_text("other")
    assert found(store) == [("damaged", f"cells/{CELL}/earlier/1/predictions.parquet")]
    (earlier / "result.json").write_text("{}")
    assert found(store) == [("damaged", f"cells/{CELL}/earlier/1/result.json")]


def test_a_damaged_run_note_is_found_and_the_cells_are_looked_at_all_the_same(store):
    (store.folder / "run.json").write_text("{}")
    (store.cell_folder(CELL) / "predictions.parquet").unlink()

    assert found(store) == [
        ("damaged", "run.json"),
        ("missing", f"cells/{CELL}/predictions.parquet"),
    ]


def test_what_to_do_names_the_folders_and_json_has_every_finding(store, capsys):
    (store.cell_folder(CELL) / "predictions.parquet").unlink()

    assert main(["verify", str(store.folder)]) == 4
    shown = capsys.readouterr()
    assert main(["verify", str(store.folder), "--json"]) == 4
    tree = json.loads(capsys.readouterr().out)

    assert "1 of its files is damaged or missing; 1 cell to be run again" in shown.err
    assert f"delete {store.cell_folder(CELL)}, then run the benchmark again" in shown.err
    assert tree["findings"][0]["path"] == f"cells/{CELL}/predictions.parquet"
    assert tree["formats"] == {"2": 7}


def test_a_folder_without_a_run_is_no_run(tmp_path):
    with pytest.raises(StoreError, match="is not the folder of a run"):
        verify(Store(tmp_path))
    with pytest.raises(StoreError, match="is not the folder of a run"):
        Store(tmp_path).run()


def test_a_run_note_that_is_a_folder_cannot_be_read(tmp_path):
    (tmp_path / "run.json").mkdir()

    with pytest.raises(StoreError, match="is not a regular file"):
        Store(tmp_path).run()
