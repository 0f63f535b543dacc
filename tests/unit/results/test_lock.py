"""Laws of the lock of a run folder."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys

import pytest

from metabench.errors import LockError, StoreError
from metabench.results.store import Store

HOLD = """
import pathlib, sys, time
from metabench.results.store import Store
with Store(pathlib.Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_makes_the_folder_and_says_who_holds_it(tmp_path):
    with Store(tmp_path / "a" / "b").lock():
        owner = json.loads((tmp_path / "a" / "b" / "LOCK").read_text())

    assert owner["pid"] == os.getpid()


def test_the_lock_can_be_taken_again_after_it_was_given_back(tmp_path):
    for _ in range(2):
        with Store(tmp_path).lock():
            pass


def test_a_second_process_is_refused_until_the_first_dies(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        said = f"another process works on this run .process {holder.pid} on"
        with pytest.raises(LockError, match=said), Store(tmp_path).lock():
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()

        with Store(tmp_path).lock():
            assert json.loads((tmp_path / "LOCK").read_text())["pid"] == os.getpid()


def test_a_folder_that_cannot_be_made_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError, match="cannot be"), Store(tmp_path / "file" / "run").lock():
        pass


def test_a_file_system_without_locks_is_refused_with_a_way_out(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)

    with pytest.raises(LockError, match="has no locks: no locks available"), Store(tmp_path).lock():
        pass


def test_a_lock_that_cannot_be_signed_is_a_store_error(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "ftruncate", fail)

    with pytest.raises(StoreError, match="no space left on device"), Store(tmp_path).lock():
        pass


def test_a_lock_that_is_a_folder_is_a_store_error(tmp_path):
    (tmp_path / "LOCK").mkdir()

    with pytest.raises(StoreError, match="is a directory"), Store(tmp_path).lock():
        pass


def test_a_holder_that_did_not_sign_is_refused_all_the_same(tmp_path):
    with Store(tmp_path).lock():
        (tmp_path / "LOCK").write_text("not json")
        with pytest.raises(LockError, match="works on this run\n"), Store(tmp_path).lock():
            pass
