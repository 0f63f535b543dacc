"""Properties of `verify --strict`: it says what no checksum covers, and claims nothing more."""

from __future__ import annotations

import json

import pytest

from metabench.cli.main import main
from metabench.store.records.cell import FileNote
from metabench.store.records.seal import sealed
from metabench.store.unproven import LOGS, TEXTS, unproven


@pytest.fixture
def store(make_study):
    return make_study({("BERT", "rte"): {0: 0.5, 1: 0.6}})


def test_what_is_sealed_whole_and_known_is_all_right(store, capsys):
    assert main(["verify", "--strict", str(store.folder)]) == 0
    assert "not verified:\n  who wrote the records" in capsys.readouterr().out


def test_without_strict_nothing_of_it_is_said(store, capsys):
    assert main(["verify", str(store.folder)]) == 0
    assert "not verified" not in capsys.readouterr().out


def test_logs_are_counted_and_are_no_error(store, capsys):
    cell = store.run().uses[0].cell
    (store.cell_folder(cell) / "log.txt").write_text("started\n")

    assert unproven(store) == {LOGS: 1}
    assert main(["verify", "--strict", str(store.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unproven"] == {LOGS: 1}


def test_a_file_that_no_record_names_cannot_be_verified(store, capsys):
    (store.folder / "notes.txt").write_text("mine")

    assert main(["verify", str(store.folder)]) == 0
    assert main(["verify", "--strict", str(store.folder)]) == 4


def test_a_benchmark_file_without_a_recorded_hash_cannot_be_verified(store):
    path = store.folder / "run.json"
    note = json.loads(path.read_bytes())
    del note["sha256"], note["texts"]
    path.write_bytes(sealed((json.dumps(note, indent=2) + "\n").encode()))

    assert unproven(store) == {TEXTS: 2}
    assert main(["verify", "--strict", str(store.folder)]) == 4


def test_a_forgery_that_is_sealed_anew_verifies_and_is_announced(store, capsys):
    path = store.cell_folder(store.run().uses[0].cell) / "result.json"
    result = json.loads(path.read_bytes())
    del result["sha256"]
    result["scores"]["accuracy"] = 0.999
    path.write_bytes(sealed((json.dumps(result, indent=2) + "\n").encode()))

    assert main(["verify", "--strict", str(store.folder)]) == 0
    assert "if you change one, you can recompute its checksum" in capsys.readouterr().out


def test_files_that_a_copy_left_out_are_counted_over_the_cells_that_are_done(make_study):
    files = tuple(FileNote(path=name, bytes=1, sha256="0" * 64) for name in ("a", "b", "c"))
    scores = {("A", "x"): {0: {"left_out": files[:2]}, 1: {"left_out": files[2:]}, 2: "diverged"}}

    assert unproven(make_study(scores)) == {"files that results name and that were left out": 3}
