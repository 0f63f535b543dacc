"""Laws of the durable write."""

import errno
import os
import subprocess
import sys

import pytest

from metabench.errors import StoreError
from metabench.store import atomic as commit
from metabench.store.atomic import (
    commit_bytes,
    commit_folder,
    empty_folder,
    keep_files,
    make_folder,
    replace_folder,
    settle_folders,
)
from metabench.store.folder import Folder
from metabench.store.problems import store_error


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_committed_is_what_is_read(tmp_path):
    commit_bytes(tmp_path / "a.json", b"one")
    commit_bytes(tmp_path / "a.json", b"two")

    assert (tmp_path / "a.json").read_bytes() == b"two"
    assert names(tmp_path) == ["a.json"]


def test_a_short_write_is_continued(tmp_path, monkeypatch):
    whole = os.write
    monkeypatch.setattr(commit.os, "write", lambda file, data: whole(file, bytes(data[:3])))

    commit_bytes(tmp_path / "a", b"0123456789")

    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_a_leftover_of_a_dead_process_is_in_nobodys_way(tmp_path):
    (tmp_path / f".a.{os.getpid()}-0.tmp").write_bytes(b"half")

    commit_bytes(tmp_path / "a", b"whole")

    assert (tmp_path / "a").read_bytes() == b"whole"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    script = f"""
import pathlib, resource, signal
from metabench.store.atomic import commit_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
commit_bytes(pathlib.Path({str(tmp_path / "a")!r}), b"x" * 5000)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert "StoreError" in done.stderr
    assert "5000 bytes are needed and" in done.stderr
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_folder_that_is_a_file_is_a_store_error(tmp_path):
    (tmp_path / "a").write_bytes(b"")

    with pytest.raises(StoreError, match="cannot be read or written: not a directory"):
        commit_bytes(tmp_path / "a" / "b", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_a_store_error(tmp_path):
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError, match="cannot be written: permission denied"):
        commit_bytes(tmp_path / "b", b"")


def test_a_committed_folder_replaces_the_one_before(tmp_path):
    for content in (b"one", b"two"):
        (tmp_path / "new" / "inner").mkdir(parents=True)
        (tmp_path / "new" / "inner" / "file").write_bytes(content)
        commit_folder(tmp_path / "new", tmp_path / "final")

    assert (tmp_path / "final" / "inner" / "file").read_bytes() == b"two"
    assert names(tmp_path) == ["final"]


def test_a_folder_that_is_not_there_cannot_be_committed(tmp_path):
    with pytest.raises(StoreError, match="no such file"):
        commit_folder(tmp_path / "new", tmp_path / "final")


@pytest.mark.parametrize(
    ("number", "said", "hint"),
    [
        (errno.ENOSPC, r"3 bytes are needed and \d+ are free", "free some space"),
        (errno.EDQUOT, r"3 bytes are needed and \d+ are free", "free some space"),
        (errno.EROFS, "cannot be written: read-only file system", "make the folder writable"),
        (errno.EIO, "cannot be read or written: input/output error", "look at the disk"),
    ],
)
def test_an_error_of_the_disk_says_what_to_do(tmp_path, monkeypatch, number, said, hint):
    def fail(_):
        raise OSError(number, os.strerror(number))

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(commit.os, "fsync", fail)

    with pytest.raises(StoreError, match=said) as caught:
        commit_bytes(tmp_path / "a", b"new")
    assert caught.value.hint.startswith(hint)
    assert caught.value.where == str(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_what_is_free_can_be_said_of_a_folder_that_is_not_there(tmp_path):
    full = OSError(errno.ENOSPC, "no space left on device")

    said = store_error(full, tmp_path / "a" / "b" / "c", needed=7).problem

    assert said.startswith("no space left on device: 7 bytes are needed and ")
    assert " and 0 are free" not in said


def test_an_old_folder_that_could_not_be_removed_is_in_nobodys_way(tmp_path):
    (tmp_path / f".final.{os.getpid()}-0.old").mkdir()
    for content in ("one", "two"):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / content).write_bytes(b"")
        commit_folder(tmp_path / "new", tmp_path / "final")

    assert names(tmp_path / "final") == ["two"]


def test_a_folder_that_cannot_be_renamed_leaves_the_one_before_it(tmp_path, monkeypatch):
    (tmp_path / "final").mkdir()
    (tmp_path / "final" / "old").write_bytes(b"")
    (tmp_path / "new").mkdir()
    rename = os.replace

    def fail(source, target, **folders):
        if source == "new":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rename(source, target, **folders)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(StoreError, match="input/output error"):
        commit_folder(tmp_path / "new", tmp_path / "final")
    (tmp_path / "final" / "old").unlink()
    (tmp_path / "final").rmdir()
    with pytest.raises(StoreError, match="input/output error"):
        commit_folder(tmp_path / "new", tmp_path / "final")

    assert names(tmp_path) == ["new"]


@pytest.mark.parametrize("owner", [lambda: 2**22 + 5, os.getppid, os.getpid], ids=range(3))
def test_what_a_process_set_aside_gets_its_name_back_whoever_has_its_number_now(tmp_path, owner):
    number = owner()
    (tmp_path / f".lost.{number}-0.old").mkdir()
    (tmp_path / f".renewed.{number}-0.old").mkdir()
    (tmp_path / "renewed").mkdir()
    (tmp_path / "renewed" / "new").write_bytes(b"")
    (tmp_path / ".vimrc.old").mkdir()

    settle_folders(Folder(tmp_path))

    assert names(tmp_path) == [".vimrc.old", "lost", "renewed"]
    assert names(tmp_path / "renewed") == ["new"]


def test_where_nothing_is_there_is_nothing_to_settle(tmp_path):
    settle_folders(Folder(tmp_path / "cells"))

    assert names(tmp_path) == []


def test_a_new_folder_is_synchronised_with_the_one_around_it(tmp_path, monkeypatch):
    synchronised = []
    sync = os.fsync

    def note(descriptor):
        synchronised.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    make_folder(Folder(tmp_path / "a" / "b"))
    made = {path.stat().st_ino for path in (tmp_path, tmp_path / "a")}
    make_folder(Folder(tmp_path / "a" / "b"))

    assert set(synchronised) == made
    assert len(synchronised) == 2


def test_a_folder_whose_size_cannot_be_seen_is_committed_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "file").write_bytes(b"")
    walk, scan = os.walk, os.scandir

    def fail(folder):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def walked(*arguments, **options):
        monkeypatch.setattr(os, "scandir", scan)
        return walk(*arguments, **options)

    monkeypatch.setattr(os, "scandir", fail)
    monkeypatch.setattr(os, "walk", walked)
    commit_folder(tmp_path / "new", tmp_path / "final")

    assert names(tmp_path) == ["final"]


@pytest.mark.parametrize("linked", [True, False])
def test_files_that_are_kept_are_whole_where_links_are_possible_and_where_not(
    tmp_path, monkeypatch, linked
):
    def fail(*_, **__):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not linked:
        monkeypatch.setattr(os, "link", fail)
    content = {"a": b"0123456789", "b": b""}
    (tmp_path / "from").mkdir()
    for name, data in content.items():
        (tmp_path / "from" / name).write_bytes(data)
    folder = Folder(tmp_path)

    keep_files(folder / "from", folder / "to" / "there", content)

    for name, data in content.items():
        kept = tmp_path / "to" / "there" / name
        assert kept.read_bytes() == data
        assert kept.samefile(tmp_path / "from" / name) == linked
    with pytest.raises(StoreError, match="is not a regular file"):
        keep_files(folder / "from", folder / "to", ["c"])


def test_a_folder_of_a_run_is_replaced_with_what_metabench_wrote_and_the_rest_is_set_aside(
    tmp_path,
):
    for name, files in (("final", ("result.json", "notes.txt")), ("new", ("cell.json",))):
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).touch()
    replace_folder(Folder(tmp_path), "new", "final")
    (aside,) = (name for name in names(tmp_path) if name != "final")

    assert names(tmp_path / "final") == ["cell.json"]
    assert names(tmp_path / aside) == ["notes.txt"]


def test_a_full_disk_is_told_of_all_bytes_that_a_folder_needs(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "new").mkdir()
    for name, data in (("a", b"123"), ("b", b"4567")):
        (tmp_path / "new" / name).write_bytes(data)
    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(StoreError, match=r": 7 bytes are needed and \d+ are free"):
        commit_folder(tmp_path / "new", tmp_path / "final")
    assert names(tmp_path) == ["new"]


def test_an_emptied_folder_is_there_and_empty(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "notes.txt").touch()
    empty_folder(tmp_path / "a")

    assert names(tmp_path) == ["a"]
    assert names(tmp_path / "a") == []
