"""A lock has one holder, goes with it however it ends, and leaves nothing behind."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from metabench.errors import LockError, StoreError
from metabench.store.folder import Folder
from metabench.store.lock import HeldError, lock_owner, locked
from metabench.store.processes import at_work, joining, present
from metabench.store.run_folder import Store

HOLD = """
import pathlib, sys, time
from metabench.store.folder import Folder
from metabench.store.lock import locked
from metabench.store.run_folder import Store
path = pathlib.Path(sys.argv[1])
with locked(Folder(path.parent), path.name):
    print("held", flush=True)
    time.sleep(60)
"""


def at(path):
    """Return the folder and the name of a file."""
    return Folder(path.parent), path.name


@pytest.fixture
def path(tmp_path):
    """Return where a lock file is to be."""
    return tmp_path / "run" / "LOCK"


@pytest.fixture
def holder(path):
    """Return another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_lock_makes_its_folder_says_who_holds_it_and_goes_with_its_holder(path):
    with locked(*at(path)):
        signed = json.loads(path.read_text())

    assert signed["pid"] == os.getpid()
    assert list(path.parent.iterdir()) == []


def test_a_lock_can_be_taken_again_after_it_was_given_back(path):
    for _ in range(2):
        with locked(*at(path)):
            assert lock_owner(*at(path)).pid == os.getpid()
        assert lock_owner(*at(path)) is None


def test_a_second_process_is_refused_until_the_first_is_killed(path, holder):
    said = f"another process works on this run .process {holder.pid} on"
    with pytest.raises(HeldError, match=said), locked(*at(path)):
        pass
    assert lock_owner(*at(path)).pid == holder.pid
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    began = time.monotonic()

    assert lock_owner(*at(path)) is None
    with locked(*at(path)):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert time.monotonic() - began < 0.5


def test_who_is_patient_gets_the_lock_when_it_is_given_back(path):
    held, order = threading.Event(), []

    def hold():
        with locked(*at(path)):
            held.set()
            time.sleep(0.1)
            order.append("first")

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with locked(*at(path), patience=20.0):
        order.append("second")
    thread.join()

    assert order == ["first", "second"]


def test_a_file_that_its_holder_took_away_is_no_lock(path, monkeypatch):
    """Between opening a file and locking it, its holder may have given it back and removed it."""
    take, files = fcntl.flock, []

    def late(descriptor, how):
        if not files:
            files.append(os.fstat(descriptor).st_ino)
            path.unlink()
            path.write_text("the next one")
        take(descriptor, how)

    path.parent.mkdir()
    path.write_text("gone in a moment")
    monkeypatch.setattr(fcntl, "flock", late)
    with locked(*at(path)):
        assert os.lstat(path).st_ino != files[0]
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_lock_whose_file_was_removed_takes_away_nobody_elses(path):
    with locked(*at(path)):
        path.unlink()
        with locked(*at(path)):
            assert path.exists()
        path.write_text("not ours")

    assert path.read_text() == "not ours"


def test_a_lock_that_was_removed_is_given_back_all_the_same(path):
    with locked(*at(path)):
        path.unlink()

    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with (
        pytest.raises(StoreError, match="cannot be"),
        locked(*at(tmp_path / "file" / "run" / "LOCK")),
    ):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused_with_a_way_out(path, monkeypatch, code):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    path.parent.mkdir()
    path.write_text("")
    monkeypatch.setattr(fcntl, "flock", fail)

    with (
        pytest.raises(LockError, match="the file system has no locks: ") as caught,
        locked(*at(path)),
    ):
        pass
    assert not isinstance(caught.value, HeldError)
    assert caught.value.exit_code == 4
    assert "--runs DIR" in caught.value.hint
    assert lock_owner(*at(path)) is None


def test_a_lock_that_cannot_be_signed_is_a_store_error(path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "ftruncate", fail)

    with (
        pytest.raises(StoreError, match="no space left on device"),
        locked(*at(path)),
    ):
        pass


def planted(path, kind):
    path.parent.mkdir()
    target = path.parent / "target"
    target.write_text("precious")
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(target)
    else:
        os.mkfifo(path)
    return target


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_a_lock_that_is_no_regular_file_is_refused_at_once(path, kind):
    target = planted(path, kind)
    began = time.monotonic()

    with (
        pytest.raises(StoreError, match=r"is a directory|is not a regular file"),
        locked(*at(path)),
    ):
        pass
    assert lock_owner(*at(path)) is None
    assert time.monotonic() - began < 1.0
    assert target.read_text() == "precious"


def test_a_holder_that_did_not_sign_is_refused_all_the_same(path):
    with locked(*at(path)):
        path.write_text("not json")
        with (
            pytest.raises(HeldError, match="works on this run\n"),
            locked(*at(path)),
        ):
            pass

        assert lock_owner(*at(path)).host == "an unknown host"


def test_any_number_of_processes_are_seen_at_work_and_none_that_has_ended(tmp_path):
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(present(tmp_path))
        (tmp_path / "processes" / "dead-1-0").write_text("{}")
        found = at_work(tmp_path)

    assert [owner.pid for owner in found] == [os.getpid()] * 3
    assert at_work(tmp_path) == ()


def test_who_joins_is_told_who_is_there_already(tmp_path):
    with joining(tmp_path) as others:
        assert others == ()
    with present(tmp_path), joining(tmp_path) as others:
        assert [owner.pid for owner in others] == [os.getpid()]


def test_a_run_folder_is_not_held_alone_while_somebody_works_on_it(tmp_path):
    store = Store(tmp_path)
    said = f"works on this run .process {os.getpid()} on"
    for holder in (present(tmp_path), store.lock()):
        with holder, pytest.raises(LockError, match=said), store.lock():
            pass
    with store.lock():
        assert (tmp_path / "LOCK").exists()


def test_a_lock_file_that_went_with_its_folder_is_no_lock(path, monkeypatch):
    take, late = fcntl.flock, []

    def flock(descriptor, how):
        if not late:
            late.append(os.fstat(descriptor).st_ino)
            path.unlink()
            path.parent.rmdir()
        take(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(*at(path)):
        assert json.loads(path.read_text())["pid"] == os.getpid()
