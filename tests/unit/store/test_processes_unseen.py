"""Processes whose locks are not seen, because a file system keeps locks local to a machine."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time

import pytest

from metabench.errors import LockError
from metabench.store import processes
from metabench.store.identity import LockOwner, boot, is_dead, start_time
from metabench.store.processes import at_work, present, refuse_unseen
from metabench.store.run_folder import Store

HERE = {"boot": boot(), "ticks": start_time(os.getpid())}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Have signs of life come twenty times a second."""
    monkeypatch.setattr(processes, "_BEAT_SECONDS", 0.05)
    monkeypatch.setattr(processes, "_WATCH_SECONDS", 0.5)
    monkeypatch.setattr(processes, "_LOOK_SECONDS", 0.1)


def unlock(folder, **signed):
    """Give the lock file of a process another inode, as if its lock were taken elsewhere."""
    (path,) = (folder / "processes").iterdir()
    copy = folder / "copy"
    copy.write_text(json.dumps(json.loads(path.read_text()) | signed))
    copy.replace(path)
    return path


@pytest.mark.parametrize(
    "signed", [{}, {"host": "n2", "boot": "of n2"}, {"host": "n2", "boot": ""}], ids=str
)
def test_a_run_folder_with_a_process_whose_lock_is_not_seen_is_refused(tmp_path, signed):
    with present(tmp_path):
        unlock(tmp_path, **signed)
        assert at_work(tmp_path) == ()

        with pytest.raises(LockError, match=r"its lock is not seen here: .* local to a machine"):
            refuse_unseen(tmp_path)


def test_nobody_joins_such_a_folder_or_holds_it_alone_and_nothing_in_it_is_swept(tmp_path):
    store = Store(tmp_path)
    left = tmp_path / "cells" / ".again-a-11111111"
    left.mkdir(parents=True)
    with present(tmp_path):
        path = unlock(tmp_path)
        for hold in (store.join("spec", "resolved", None), store.lock()):
            with pytest.raises(LockError, match="its lock is not seen here"), hold:
                pass

    assert left.is_dir()
    assert path.is_file()


def test_a_process_that_is_known_to_have_ended_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_WATCH_SECONDS", 60.0)
    here = {"pid": os.getpid(), "host": "h", "started": "", **HERE}
    with present(tmp_path):
        path = unlock(tmp_path)
    began = time.monotonic()
    for gone in ({"pid": 2**22 + 5}, {"ticks": "1"}):
        path.write_text(json.dumps(here | gone))
        refuse_unseen(tmp_path)
    path.write_text("{}")
    refuse_unseen(tmp_path)

    assert time.monotonic() - began < 1.0


def test_a_process_of_another_machine_that_gives_no_sign_of_life_has_ended(tmp_path):
    with present(tmp_path):
        path = unlock(tmp_path, host="n2", boot="of n2")
    path.parent.joinpath("n2-1-0").write_text(path.read_text())

    refuse_unseen(tmp_path)


def test_a_process_that_is_killed_has_ended_whoever_gets_its_number():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = LockOwner(child.pid, "h", "", boot(), start_time(child.pid))
    assert not is_dead(owner)
    child.kill()
    child.communicate()

    assert is_dead(owner)
    assert is_dead(LockOwner(os.getpid(), "h", "", boot(), owner.ticks))
    assert not is_dead(LockOwner(child.pid, "h", "", "another boot", owner.ticks))


def test_a_process_whose_lock_is_seen_is_no_reason_to_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_WATCH_SECONDS", 60.0)
    began = time.monotonic()
    with present(tmp_path), present(tmp_path):
        refuse_unseen(tmp_path)

    assert time.monotonic() - began < 1.0


def test_two_mounts_of_one_folder_whose_locks_do_not_see_each_other_are_noticed(tmp_path):
    for name in ("lower", "upper", "work-a", "work-b", "a", "b"):
        (tmp_path / name).mkdir()
    script = f"""
        mount -t overlay o -o lowerdir=lower,upperdir=upper,workdir=work-a a || exit 77
        mount -t overlay o -o lowerdir=lower,upperdir=upper,workdir=work-b b || exit 77
        exec {shlex.quote(sys.executable)} -P -c '{TWO_MOUNTS}'
    """
    done = subprocess.run(
        ["/usr/bin/env", "unshare", "--mount", "sh", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode in {1, 77} and "mount" in done.stderr:
        pytest.skip("only root may mount, and not everywhere")

    assert done.stdout == "seen by its own mount\nnot seen by the other\n", done.stderr


TWO_MOUNTS = """
from pathlib import Path
from metabench.errors import LockError
from metabench.store import processes
processes._BEAT_SECONDS, processes._LOOK_SECONDS = 0.05, 0.1
with processes.present(Path("a")):
    processes.refuse_unseen(Path("a"))
    if processes.at_work(Path("a")):
        print("seen by its own mount")
    try:
        processes.refuse_unseen(Path("b"))
    except LockError as error:
        print("not seen by the other" if "not seen here" in error.problem else error.problem)
"""
