"""Laws of a folder that is written again: nothing of anybody else's is replaced or deleted."""

import json
from hashlib import sha256

import pytest

from metabench.errors import UsageError
from metabench.store import owned_files
from metabench.store.owned_files import MANIFEST, write_owned

OLD = {"index.html": b"old", "a.html": b"a"}
NEW = {"index.html": b"new", "b.html": b"b"}


def held(folder):
    """Return the files of a folder, without the list of them."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}


def test_a_second_time_replaces_what_changed_and_deletes_what_is_gone(tmp_path):
    assert write_owned(tmp_path / "site", OLD) == 2
    assert write_owned(tmp_path / "site", OLD) == 0
    assert write_owned(tmp_path / "site", NEW) == 2

    assert held(tmp_path / "site") == NEW


def test_other_files_stay(tmp_path):
    (tmp_path / "CNAME").write_bytes(b"mine")
    write_owned(tmp_path, OLD)
    write_owned(tmp_path, NEW)

    assert held(tmp_path) == {**NEW, "CNAME": b"mine"}


@pytest.mark.parametrize(
    ("name", "why"), [("b.html", "metabench did not write it"), ("a.html", "it has changed since")]
)
def test_a_file_that_is_not_as_it_was_written_is_in_the_way_and_nothing_is_written(
    tmp_path, name, why
):
    write_owned(tmp_path, OLD)
    (tmp_path / name).write_bytes(b"mine")
    before = held(tmp_path)

    with pytest.raises(UsageError, match=f"'{name}' is in the way: {why}"):
        write_owned(tmp_path, NEW)
    assert held(tmp_path) == before


def test_a_link_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").symlink_to(outside)

    with pytest.raises(UsageError, match=r"'index\.html' is in the way"):
        write_owned(tmp_path / "site", OLD)
    assert outside.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema": 2, "files": {}}',
        json.dumps({"schema": 1, "files": {"../outside": [sha256(b"mine").hexdigest()]}}),
        json.dumps({"schema": 1, "files": {"a": ["0"]}}),
    ],
)
def test_a_damaged_list_of_files_deletes_nothing(tmp_path, text):
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "outside").write_bytes(b"mine")
    (folder / MANIFEST).write_text(text)

    with pytest.raises(UsageError, match="its list of files"):
        write_owned(folder, OLD)
    assert (tmp_path / "outside").read_bytes() == b"mine"
    assert held(folder) == {}


@pytest.mark.parametrize("writes", range(4))
def test_a_process_that_dies_in_between_leaves_a_folder_that_the_next_one_completes(
    tmp_path, monkeypatch, writes
):
    write_owned(tmp_path, OLD)
    commit, left = owned_files.commit_file, [writes]

    def dying(*arguments):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        commit(*arguments)

    monkeypatch.setattr(owned_files, "commit_file", dying)
    with pytest.raises(KeyboardInterrupt):
        write_owned(tmp_path, NEW)
    monkeypatch.undo()
    write_owned(tmp_path, NEW)

    assert held(tmp_path) == NEW
