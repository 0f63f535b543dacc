"""Every record says its format and its own hash; newer formats are never touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from metabench.cli.main import main
from metabench.errors import StoreError
from metabench.results.collect import collect
from metabench.seeding import Stream
from metabench.store.records.cell import CellNote, Result, from_json, to_json
from metabench.store.records.seal import NewerRecordError, content, is_sealed, sealed, unsealed
from metabench.store.run_folder import Store

STORED = Path(__file__).parents[3] / "fixtures" / "stores" / "v2"
KEY = "a" * 64
NAME = f"cell-{KEY[:8]}"


@pytest.fixture
def store(tmp_path):
    """Return a run folder with one cell that has only a note."""
    store = Store(tmp_path)
    store.commit_note(NAME, CellNote(kind="meta", name="cell", key=KEY, inputs={"steps": 3}))
    return store


def test_a_committed_store_reads_as_it_did_when_it_was_written():
    collected = collect(Store(STORED))
    cells = {cell.name: cell for cell in Store(STORED).cells()}

    assert not collected.damage
    assert collected.entries["Plain", "embedded/grammar"].values == {0: -0.04792116829025392}
    assert collected.entries["Plain", "embedded/entailment"].values == {0: 0.5}
    assert collected.entries["Broken", "embedded/grammar"].failures == {"diverged": 1}
    assert cells["meta-broken-s0"].inputs["seed"] == 0
    assert cells["meta-broken-s0"].failure.message.endswith("a loss is nan")


def test_verify_takes_a_committed_store_and_names_its_format(capsys):
    assert main(["verify", str(STORED)]) == 0
    out = capsys.readouterr().out

    assert "7 of format 2" in out
    assert "OK: all checksums match" in out


def newer(path):
    whole = unsealed(path.read_bytes())
    path.write_bytes(sealed(whole.replace(b'"schema": 2', b'"schema": 17', 1)))


def test_a_record_of_a_newer_metabench_is_refused_and_not_called_damage(store):
    newer(store.cell_folder(NAME) / "cell.json")

    with pytest.raises(NewerRecordError, match="is of format 17, and this metabench knows those"):
        list(store.cells())


def test_a_run_of_a_newer_metabench_is_left_alone_with_exit_code_4(tmp_path, capsys):
    shutil.copytree(STORED, tmp_path / "run")
    newer(tmp_path / "run" / "run.json")
    before = sorted(tmp_path.rglob("*"))

    for command in ("verify", "compare", "status"):
        assert main([command, str(tmp_path / "run")]) == 4
        assert "upgrade metabench" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "its end, with its sha256, is missing"),
        (b"[]", "its end, with its sha256, is missing"),
        (sealed(b"[" * 100_000), "schema: is not 2"),
        (sealed(b'{\n  "schema": 2,\n  "kind": [' + b"[" * 100_000), "recursion|nested|kind"),
        (b'{\n  "schema": 2,\n  "kind": "meta"\n}\n', "its end, with its sha256, is missing"),
        (sealed(b'{\n  "schema": 1,\n  "kind": "meta"\n}\n'), "schema: is not 2"),
        (sealed(b'\xff\xfe{"schema": 2}'), "schema: is not 2"),
    ],
)
def test_what_is_no_record_is_damage_with_its_reason(data, said):
    with pytest.raises(StoreError, match=said):
        from_json(CellNote, data, where="here")


def test_a_sealed_record_is_json_that_says_the_hash_of_what_stands_before_it(store):
    import hashlib

    data = (store.cell_folder(NAME) / "cell.json").read_bytes()
    body, _, end = data.rpartition(b',\n  "sha256": "')

    assert json.loads(data)["sha256"] == hashlib.sha256(body).hexdigest()
    assert end == f'{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()
    assert json.loads(unsealed(data)) == {
        key: value for key, value in json.loads(data).items() if key != "sha256"
    }


@pytest.mark.parametrize("name", ["run.json", "result.json", "failure.json", "cell.json"])
def test_no_byte_of_a_record_changes_unnoticed(name):
    """Each byte in turn is another one, and one bit of each is flipped."""
    (path, *_) = sorted((STORED).rglob(name))
    whole = path.read_bytes()
    draws = Stream.root(0).child(name).numpy()
    assert is_sealed(whole)
    assert content(whole, where="here")

    flips = 1 << draws.integers(8, size=len(whole))
    others = draws.integers(1, 256, size=len(whole))
    for at, changes in enumerate(zip(flips, others, strict=True)):
        for change in map(int, changes):
            damaged = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
            with pytest.raises((ValueError, NewerRecordError)):
                content(damaged, where="here")
    for size in range(len(whole)):
        with pytest.raises(ValueError, match=r"."):
            content(whole[:size], where="here")


def test_a_flipped_bit_of_a_result_is_named_and_never_shown(tmp_path, capsys):
    shutil.copytree(STORED, tmp_path / "run")
    (path,) = (tmp_path / "run").glob("cells/adapt-plain-embedded-grammar*/result.json")
    path.write_bytes(path.read_bytes().replace(b"-0.0479", b"-0.9479"))
    folder = str(tmp_path / "run")

    assert main(["compare", folder]) == 0
    compared = capsys.readouterr()
    assert main(["status", folder]) == 0
    shown = capsys.readouterr().out
    assert main(["verify", folder]) == 4
    verified = capsys.readouterr()
    assert "94.8" not in compared.out
    assert "result.json: is damaged: its sha256 is not the recorded one" in compared.err
    assert "result.json: is damaged: its sha256 is not the recorded one" in shown
    assert "its sha256 is not the recorded one" in verified.out
    assert "1 cell to be run again" in verified.err
    assert Store(tmp_path / "run").result(path.parent.name) is None


def test_what_is_written_is_read_again(store):
    note = store.note(NAME)

    assert from_json(CellNote, to_json(note), where="here") == note
    with pytest.raises(StoreError, match="is damaged: name: field required"):
        from_json(Result, sealed(b'{\n  "schema": 2,\n  "kind": "meta"\n}\n'), where="here")
