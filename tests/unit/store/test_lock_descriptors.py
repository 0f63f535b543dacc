"""A lock leaves no descriptor open, however it was taken, refused or given back."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from metabench.errors import LockError
from metabench.store.folder import Folder
from metabench.store.lock import HeldError, lock_owner, locked

NAME = "lock"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="descriptors are not listed here"
)


def descriptors():
    return {entry.name for entry in Path("/proc/self/fd").iterdir() if entry.exists()}


@contextmanager
def none_left():
    before = descriptors()
    yield
    assert descriptors() == before


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_a_lock_that_is_given_back(folder):
    with none_left(), locked(folder, NAME):
        assert lock_owner(folder, NAME).pid == os.getpid()

    assert not (folder.path / NAME).exists()


@pytest.mark.parametrize("patience", [0.0, 0.05])
def test_a_lock_that_another_one_holds(folder, patience):
    with locked(folder, NAME), none_left():
        with (
            pytest.raises(HeldError, match="another process works on this run"),
            locked(folder, NAME, patience=patience),
        ):
            pass
        assert lock_owner(folder, NAME).pid == os.getpid()


def test_a_lock_that_nobody_holds_has_no_owner(folder):
    (folder.path / NAME).touch()

    with none_left():
        assert lock_owner(folder, NAME) is None
        assert lock_owner(folder, "missing") is None


def test_a_file_system_without_locks(folder, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", fail)
    with (
        none_left(),
        pytest.raises(LockError, match="the file system has no locks: no locks available"),
        locked(folder, NAME),
    ):
        pass


def test_a_lock_file_that_its_last_holder_took_away_meanwhile(folder, monkeypatch):
    """What was opened is another file then, and the lock is taken anew."""
    real, taken = fcntl.flock, []

    def once(descriptor, how):
        if not taken:
            (folder.path / NAME).unlink()
        taken.append(how)
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", once)
    with none_left(), locked(folder, NAME):
        assert len(taken) == 2
        assert lock_owner(folder, NAME).pid == os.getpid()


def test_an_interruption_while_it_is_taken(folder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "flock", interrupt)
    with none_left(), pytest.raises(KeyboardInterrupt), locked(folder, NAME):
        pass
