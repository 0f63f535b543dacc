"""A tracker's folder is no link, has no links, and one process at a time."""

from __future__ import annotations

import pytest

from metabench_trackers import place as module
from metabench_trackers.place import Place


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "memory").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="memory"):
        Place(tmp_path, "memory")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_no_file_is_read_or_written_through_a_link(place, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (place.path / "id").symlink_to(tmp_path / "mine.txt")

    for act in (lambda: place.read("id"), lambda: place.write("id", "theirs")):
        with pytest.raises(OSError, match="id"):
            act()
    place.remove("id")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not (place.path / "id").is_symlink()


def test_a_file_or_a_folder_is_removed_and_nothing_where_there_is_none(place):
    place.write("a.txt", "a")
    (place.path / "b" / "c").mkdir(parents=True)
    for name in ("a.txt", "b", "none"):
        place.remove(name)

    assert list(place.path.iterdir()) == []


def test_a_second_process_on_a_run_folder_gives_up_after_its_patience(place, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.0)
    with (
        place.alone(),
        pytest.raises(TimeoutError, match="another process tracks this run folder"),
        place.alone(),
    ):
        pass
    with place.alone():
        pass
