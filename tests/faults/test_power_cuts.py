"""After a power cut, what was acknowledged is there, and what is there is whole."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from kit.crash import recorded, write_tree
from kit.ext4 import can_mount
from kit.subjects import (
    NAME,
    commit_checkpoint,
    commit_failure,
    commit_result,
    newest_checkpoint,
    replace_result,
    result,
)

from metabench.store.atomic import commit_bytes, settle_folders
from metabench.store.folder import Folder
from metabench.store.run_folder import Store


def score(folder):
    """Return the score of the cell as the next run would find it, None where there is none."""
    settle_folders(Folder(folder) / "cells")
    cell = Store(folder).cell(NAME)
    assert cell.damage == ()
    return cell.result.scores["accuracy"] if cell.result else None


def newest(folder):
    """Return the step of the newest checkpoint, None where there is none."""
    found = newest_checkpoint(folder)
    if found is None:
        return None
    snapshot, note = found
    assert torch.equal(snapshot.tensors["theta"], torch.arange(64.0) + snapshot.step)
    assert note.facts == {"visits": {"rte": snapshot.step}}
    return snapshot.step


def old_result(folder):
    commit_result(folder)
    Store(folder).commit_result(NAME, result(0.25))


def two_checkpoints(folder):
    commit_checkpoint(folder, step=1)
    commit_checkpoint(folder, step=2)


def nothing(folder):
    """Leave a folder empty."""


CASES = {
    "a first result": (nothing, commit_result, score, None, 0.75),
    "a result after a failure": (commit_failure, commit_result, score, None, 0.75),
    "a result in the place of another": (old_result, replace_result, score, 0.25, 0.75),
    "a first checkpoint": (nothing, commit_checkpoint, newest, None, 3),
    "a third checkpoint": (two_checkpoints, commit_checkpoint, newest, 2, 3),
}


@pytest.mark.parametrize("name", CASES)
def test_every_state_that_a_power_cut_may_leave_is_the_old_or_the_new(tmp_path, name):
    before, act, read, old, new = CASES[name]
    root = tmp_path / "root"
    root.mkdir()
    before(root)
    cuts = set()
    with recorded(root, lambda disk: cuts.update(disk.cuts())) as disk:
        act(root)
    acknowledged = disk.cuts()

    for number, tree in enumerate(sorted(cuts | acknowledged, key=repr)):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_tree(tree, folder)
        assert read(folder) in ({new} if tree in acknowledged else {old, new})
        act(folder)
        assert read(folder) == new
    assert len(cuts) > 10


def test_what_is_there_at_the_end_is_among_the_states(tmp_path):
    """The disk on paper and the real one agree."""
    root = tmp_path / "root"
    root.mkdir()
    old_result(root)
    with recorded(root, lambda _disk: None) as disk:
        replace_result(root)
        commit_checkpoint(root)
    real = tuple(
        sorted(
            (path.relative_to(root).as_posix(), None if path.is_dir() else path.read_bytes())
            for path in root.rglob("*")
        )
    )

    assert real in disk.cuts()


def test_a_write_without_fsync_is_caught(tmp_path, monkeypatch):
    """The paper disk would notice what must not be left out."""
    found = {}
    for left_out in ("nothing", "a file", "a folder"):
        root = tmp_path / left_out
        root.mkdir()
        (root / "a").write_bytes(b"old")
        with recorded(root, lambda _disk: None) as disk, monkeypatch.context() as patch:
            patch.setattr(os, "fsync", _without(left_out))
            commit_bytes(root / "a", b"new!")
        found[left_out] = {dict(tree).get("a") for tree in disk.cuts()}

    assert found["nothing"] == {b"new!"}
    assert found["a file"] >= {b"", b"ne", b"new!"}
    assert found["a folder"] == {b"old", b"new!"}


def _without(left_out):
    sync = os.fsync

    def some(descriptor):
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if left_out != ("a folder" if folder else "a file"):
            sync(descriptor)

    return some


def test_on_a_real_file_system_nothing_acknowledged_is_lost(tmp_path, scale):
    if not can_mount(tmp_path):
        pytest.skip("no image may be mounted here")
    cuts = 10 * scale
    program = [sys.executable, "-m", "kit.ext4", str(tmp_path), str(cuts)]
    done = subprocess.run(
        [shutil.which("unshare") or "", "-m", *program],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"},
    )

    assert done.returncode == 0, done.stderr
    assert f"'cuts': {cuts}," in done.stdout
    assert "'acknowledged': 0" not in done.stdout
