"""A checkpoint is there whole or not at all, and the newest whole one is taken."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress

import pytest
import torch

from metabench.engine.snapshot import Snapshot
from metabench.errors import StoreError
from metabench.seeding import Stream
from metabench.store.checkpoint import Checkpoints
from metabench.store.folder import Folder

CPU = torch.device("cpu")
PROFILE = {"torch": "2.13.0", "threads": "1"}


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def checkpoints(tmp_path, clock):
    """Return the checkpoints of a cell."""
    return Checkpoints(
        Folder(tmp_path) / "checkpoints", key="a" * 64, profile=PROFILE, interval=60.0, clock=clock
    )


def save(checkpoints, step):
    tensors = {"theta": torch.arange(4.0) + step, "optimizer/0/step": torch.tensor(float(step))}
    facts = {"visits": {"rte": step}, "tally": {"gradients": step}}
    checkpoints.save(
        Snapshot(step, tensors).packed(),
        step=step,
        facts=facts,
        losses={"first": 1.5},
        wall_seconds=2.0,
        cpu_seconds=3.0,
    )


def newest_step(checkpoints):
    """Return the step of the newest checkpoint whose state is that of it."""
    note, state = checkpoints.newest()
    snapshot = Snapshot.of(note.step, state, note.facts, device=CPU)
    assert torch.equal(snapshot.tensors["theta"], torch.arange(4.0) + note.step)
    return note.step


def folders(tmp_path):
    return sorted(path.name for path in (tmp_path / "checkpoints").iterdir())


def test_what_is_saved_comes_back(checkpoints):
    save(checkpoints, 7)

    note, state = checkpoints.newest()
    snapshot = Snapshot.of(note.step, state, note.facts, device=CPU)

    assert note.step == 7
    assert torch.equal(snapshot.tensors["theta"], torch.arange(4.0) + 7)
    assert snapshot.facts == {"visits": {"rte": 7}, "tally": {"gradients": 7}}
    assert (note.losses, note.wall_seconds, note.cpu_seconds) == ({"first": 1.5}, 2.0, 3.0)


def test_of_several_the_newest_two_are_kept_by_their_steps_and_not_by_a_clock(
    checkpoints, tmp_path
):
    for step in (9, 10, 100):
        save(checkpoints, step)
        os.utime(tmp_path / "checkpoints" / f"step-{step:09d}", (1e9 - step, 1e9 - step))

    assert folders(tmp_path) == ["step-000000010", "step-000000100"]
    assert newest_step(checkpoints) == 100


def test_one_is_due_after_the_interval_since_the_last(checkpoints, clock):
    assert not checkpoints.due
    clock.now = 60.0
    assert checkpoints.due
    save(checkpoints, 1)
    assert not checkpoints.due
    clock.now = 119.0
    assert not checkpoints.due


def test_without_one_there_is_nothing_to_go_on_from(checkpoints):
    assert checkpoints.newest() is None


@pytest.mark.parametrize("name", ["state.safetensors", "checkpoint.json", "SHA256SUMS"])
def test_a_damaged_one_is_never_taken_and_the_one_before_it_is(checkpoints, tmp_path, name):
    save(checkpoints, 1)
    save(checkpoints, 2)
    path = tmp_path / "checkpoints" / "step-000000002" / name
    whole = path.read_bytes()
    draws = Stream.root(0).child(name).numpy()
    cuts = [whole[:end] for end in {0, 1, 7, 8, len(whole) - 1, len(whole) // 2}]
    flips = []
    for at, bit in zip(
        draws.integers(len(whole), size=300), draws.integers(8, size=300), strict=True
    ):
        flips.append(whole[:at] + bytes([whole[at] ^ (1 << int(bit))]) + whole[at + 1 :])

    for damaged in [*cuts, *flips, whole + b"\n"]:
        path.write_bytes(damaged)
        assert newest_step(checkpoints) == 1


@pytest.mark.parametrize("name", ["state.safetensors", "checkpoint.json", "SHA256SUMS"])
def test_a_missing_part_is_damage(checkpoints, tmp_path, name):
    save(checkpoints, 1)
    save(checkpoints, 2)
    (tmp_path / "checkpoints" / "step-000000002" / name).unlink()

    assert newest_step(checkpoints) == 1


@pytest.mark.parametrize(
    ("key", "profile", "said"),
    [
        ("b" * 64, PROFILE, "cell aaaa"),
        ("a" * 64, {**PROFILE, "threads": "2"}, "threads 1 → 2"),
        ("a" * 64, {**PROFILE, "torch": "2.14.0"}, "torch 2.13.0 → 2.14.0"),
        ("a" * 64, {**PROFILE, "compiled": "true"}, "compiled false → true"),
    ],
)
def test_going_on_elsewhere_is_refused_with_the_difference(
    checkpoints, tmp_path, key, profile, said
):
    save(checkpoints, 3)
    other = Checkpoints(Folder(tmp_path) / "checkpoints", key=key, profile=profile, interval=1.0)

    with pytest.raises(StoreError, match=said) as caught:
        other.newest()
    assert "step-000000003" in caught.value.where
    assert "delete the folder to restart the cell" in caught.value.hint


def test_a_full_disk_leaves_the_one_before_and_nothing_else(checkpoints, tmp_path, monkeypatch):
    save(checkpoints, 1)
    sync = os.fsync

    def full(descriptor):
        sync(descriptor)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="bytes are needed and"):
        save(checkpoints, 2)
    monkeypatch.undo()

    assert newest_step(checkpoints) == 1
    save(checkpoints, 3)
    assert folders(tmp_path) == ["step-000000001", "step-000000003"]


def test_all_go_when_the_cell_is_done(checkpoints, tmp_path):
    save(checkpoints, 1)
    checkpoints.clear()

    assert not (tmp_path / "checkpoints").exists()
    checkpoints.clear()


def test_a_folder_that_was_left_half_written_is_swept(checkpoints, tmp_path):
    save(checkpoints, 1)
    shutil.copytree(
        tmp_path / "checkpoints" / "step-000000001",
        tmp_path / "checkpoints" / ".step-000000002.99.tmp",
    )

    assert newest_step(checkpoints) == 1
    save(checkpoints, 2)
    assert folders(tmp_path) == ["step-000000001", "step-000000002"]


def test_what_a_disk_did_not_keep_is_said_and_the_one_before_it_stays(
    checkpoints, tmp_path, monkeypatch
):
    save(checkpoints, 1)
    save(checkpoints, 2)
    sync = os.fsync

    def lie(descriptor):
        sync(descriptor)
        if os.fstat(descriptor).st_size > 100:  # no folder's descriptor can be cut
            with suppress(OSError):
                os.ftruncate(descriptor, 100)

    monkeypatch.setattr(os, "fsync", lie)
    with pytest.raises(StoreError, match="cannot be read back as it was") as caught:
        save(checkpoints, 3)
    monkeypatch.undo()

    assert "look at the disk" in caught.value.hint
    assert newest_step(checkpoints) == 2
    assert "step-000000001" in folders(tmp_path)


def test_checkpoints_that_cannot_be_listed_are_a_store_error(checkpoints, tmp_path, monkeypatch):
    save(checkpoints, 1)

    def fail(_folder):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "scandir", fail)
    with pytest.raises(StoreError, match="cannot be read or written: input/output error"):
        checkpoints.newest()


def test_where_none_is_what_was_written_nothing_is_begun_anew_and_nothing_is_lost(
    checkpoints, tmp_path
):
    for step in (1, 2):
        save(checkpoints, step)
        (tmp_path / "checkpoints" / f"step-{step:09d}" / "state.safetensors").write_text("x")

    with pytest.raises(StoreError, match="every checkpoint is damaged; found"):
        checkpoints.newest()
    assert folders(tmp_path) == ["step-000000001", "step-000000002"]


def test_a_fact_that_older_checkpoints_do_not_hold_is_no_drift(checkpoints, tmp_path):
    save(checkpoints, 3)
    newer = {**PROFILE, "compiled": "false", "instruction_set": "AVX512"}
    other = Checkpoints(Folder(tmp_path) / "checkpoints", key="a" * 64, profile=newer, interval=1.0)

    assert newest_step(other) == 3
    assert other.drift == ()


def test_with_drift_allowed_it_goes_on_and_remembers_what_differed(checkpoints, tmp_path):
    def elsewhere(threads, *, key="a" * 64, allow_drift=True):
        return Checkpoints(
            Folder(tmp_path) / "checkpoints",
            key=key,
            profile={**PROFILE, "threads": threads},
            interval=1.0,
            allow_drift=allow_drift,
        )

    save(checkpoints, 3)
    second = elsewhere("2")
    assert newest_step(second) == 3
    assert second.drift == ("threads 1 → 2",)
    save(second, 4)

    same = elsewhere("2", allow_drift=False)
    assert newest_step(same) == 4
    assert same.drift == ("threads 1 → 2",), "what differed once is not forgotten"
    third = elsewhere("1")
    third.newest()
    assert third.drift == ("threads 1 → 2", "threads 2 → 1")
    with pytest.raises(StoreError, match="cell aaaa"):
        elsewhere("2", key="b" * 64).newest()
