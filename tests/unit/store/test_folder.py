"""Laws of the one place where files below a run folder are opened and deleted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metabench.errors import StoreError
from metabench.store.atomic import commit_file, keep_files, new_folder, replace_folder
from metabench.store.folder import Folder
from metabench.store.problems import NotOwnError


@pytest.fixture
def outside(tmp_path):
    """Return a folder that is none of the run's, with a file."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "result.json").write_text("theirs")
    return tmp_path / "outside"


@pytest.fixture
def root(tmp_path, outside):
    """Return the root of a run folder; ``cells`` in it leads elsewhere."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "cells").symlink_to(outside)
    return Folder(tmp_path / "run")


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("make", [False, True])
def test_a_folder_behind_a_link_is_not_entered(root, make):
    for folder in (root / "cells", root / "cells" / "a"):
        with (
            pytest.raises(NotOwnError, match="is not a regular folder"),
            folder.opened(make=make),
        ):
            pass


def test_the_root_itself_may_be_reached_through_a_link(root, tmp_path, outside):
    (tmp_path / "named").symlink_to(outside)

    with Folder(tmp_path / "named").opened() as here:
        assert here.names() == ["result.json"]


@pytest.mark.parametrize("name", ["", ".", "..", "../outside", "cells/result.json", "/etc", "a\0"])
def test_a_name_is_one_component(root, name):
    with root.opened() as here:
        for use in (here.open, here.enter, here.remove, here.make_new, here.read):
            with pytest.raises(NotOwnError, match="is not the name of a file"):
                use(name)
        with pytest.raises(NotOwnError, match="is not the name of a file"):
            here.rename("a", name)
        assert here.facts(name) is None


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "link to nothing"])
def test_only_a_regular_file_is_opened_written_to_or_deleted(tmp_path, kind):
    path, other = tmp_path / "log.txt", tmp_path / "other"
    other.write_text("other")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(other if kind == "link" else tmp_path / "nothing")

    with Folder(tmp_path).opened() as here:
        for use in (here.read, here.stream, here.appended, here.sha256, here.remove):
            with pytest.raises(NotOwnError, match="is not a regular file"):
                use("log.txt")
        here.remove_tree("log.txt" if kind != "folder" else "other")

    assert other.read_text() == "other"
    assert not (tmp_path / "nothing").exists()
    assert os.path.lexists(path)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    (tmp_path / "a").touch()
    os.truncate(tmp_path / "a", 20 << 30)

    with (
        Folder(tmp_path).opened() as here,
        pytest.raises(NotOwnError, match="is larger than 128 MiB"),
    ):
        here.read("a")


def test_a_tree_that_is_deleted_leaves_what_is_not_ours_and_what_is_elsewhere(tmp_path, outside):
    cell = tmp_path / "cell"
    (cell / "checkpoints" / "step-000000001").mkdir(parents=True)
    (cell / "checkpoints" / "step-000000001" / "state.safetensors").touch()
    (cell / "result.json").touch()
    (cell / "notes.txt").write_text("mine")
    (cell / "earlier").symlink_to(outside)
    os.mkfifo(cell / "log.txt")

    with Folder(tmp_path).opened() as here:
        here.remove_tree("cell")

    assert names(cell) == ["earlier", "log.txt", "notes.txt"]
    assert (outside / "result.json").read_text() == "theirs"


def test_what_is_made_has_a_name_that_nobody_could_plant(tmp_path, outside):
    folder = Folder(tmp_path)
    for name in (f".out.{os.getpid()}.tmp", f".out.{os.getpid()}-0.tmp"):
        (tmp_path / name).symlink_to(outside)

    with new_folder(folder, "out") as temporary:
        commit_file(folder / temporary, "README.md", b"ours")
        replace_folder(folder, temporary, "out")

    assert names(tmp_path / "out") == ["README.md"]
    assert names(outside) == ["result.json"]
    made = set()
    for _ in range(3):
        with new_folder(folder, "out") as temporary:
            made.add(temporary)
    assert len(made) == 3


def test_a_link_in_a_finished_folder_is_not_committed(tmp_path, outside):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "log.txt").symlink_to(outside / "result.json")

    with pytest.raises(StoreError, match="is not a regular file"):
        replace_folder(Folder(tmp_path), "new", "final")
    assert not (tmp_path / "final").exists()


def test_a_second_name_is_for_regular_files_of_the_same_folder_alone(tmp_path, outside):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "passwd").symlink_to(outside / "result.json")
    folder = Folder(tmp_path)

    with pytest.raises(StoreError, match="is not a regular file"):
        keep_files(folder / "a", folder / "b", ["passwd"])
    with pytest.raises(StoreError, match="is not a regular file"):
        keep_files(Folder(outside), folder / "b", ["result.json"])
    assert names(tmp_path / "b") == []


def test_every_descriptor_is_closed(root, tmp_path):
    def opened():
        return len(list(Path("/proc/self/fd").iterdir()))

    commit_file(root / "own" / "deep", "a", b"x")
    before = opened()
    for _ in range(5):
        commit_file(root / "own" / "deep", "a", b"x")
        with pytest.raises(StoreError, match="is not a regular folder"):
            commit_file(root / "cells", "a", b"x")
        with (root / "own" / "deep").opened() as here:
            here.read("a")
    assert opened() == before


def test_an_open_folder_is_the_one_that_was_opened_whatever_its_name_is_now(tmp_path, outside):
    (tmp_path / "a" / "inner").mkdir(parents=True)
    (outside / "theirs").mkdir()
    with Folder(tmp_path).opened() as here, here.enter("a") as inner:
        (tmp_path / "a").rename(tmp_path / "b")
        (tmp_path / "a").symlink_to(outside)

        assert inner.names() == inner.folders() == ["inner"]


def test_hidden_folders_files_and_links_are_no_folders_in_it(tmp_path, outside):
    for name in ("b", "a", ".hidden"):
        (tmp_path / "run" / name).mkdir(parents=True)
    (tmp_path / "run" / "c").touch()
    (tmp_path / "run" / "d").symlink_to(outside)

    with Folder(tmp_path / "run").opened() as here:
        assert here.folders() == ["a", "b"]
        assert [name for name in here.names() if here.is_folder(name)] == [".hidden", "a", "b"]
        assert [name for name in here.names() if here.is_regular(name)] == ["c"]
        assert (here.is_regular("c", size=0), here.is_regular("c", size=1)) == (True, False)
        assert here.facts("e") is None


@pytest.mark.parametrize("most", [None, 1 << 20])
def test_a_file_whose_size_is_not_known_beforehand_is_read_to_its_end(most):
    with Folder(Path("/proc/self")).opened() as here:
        data, facts = here.read_with_facts("maps", most=most)

    assert facts.st_size == 0
    assert len(data) > 1 << 12
    assert data.endswith(b"\n")


def test_a_file_of_just_as_many_bytes_as_are_allowed_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"0123")

    with Folder(tmp_path).opened() as here:
        assert here.read("a", most=4) == b"0123"
        with pytest.raises(NotOwnError, match="is larger than 0 MiB"):
            here.read("a", most=3)


@pytest.mark.parametrize(("depth", "stays"), [(8, False), (9, True)])
def test_folders_are_deleted_to_a_depth_that_no_run_folder_reaches(tmp_path, depth, stays):
    (tmp_path / "cell" / "/".join(["checkpoints"] * depth)).mkdir(parents=True)
    with Folder(tmp_path).opened() as here:
        here.remove_tree("cell")

    assert (tmp_path / "cell").exists() == stays
