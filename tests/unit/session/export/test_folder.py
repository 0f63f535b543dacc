"""An export is there in full or not at all, and replaces nothing but an earlier one."""

from __future__ import annotations

import pytest

from metabench.errors import StoreError, UsageError
from metabench.session.export.folder import beside, check_target


def test_a_new_folder_and_an_empty_one_may_be_written(tmp_path):
    (tmp_path / "empty").mkdir()

    assert check_target(tmp_path / "new", force=False) == tmp_path / "new"
    assert check_target(tmp_path / "empty", force=False) == tmp_path / "empty"


def test_what_holds_something_is_replaced_only_with_force_and_only_if_an_export_wrote_it(tmp_path):
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(UsageError, match=r"is not empty"):
        check_target(tmp_path, force=False)
    assert check_target(tmp_path, force=True) == tmp_path

    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"holds 'thesis\.tex', which no export wrote"):
        check_target(tmp_path, force=True)


def test_a_file_and_a_folder_that_is_nowhere_are_refused(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match=r"file' is a file"):
        check_target(tmp_path / "file", force=True)
    with pytest.raises(UsageError, match=r"there is no folder '.*nowhere'"):
        check_target(tmp_path / "nowhere" / "model", force=False)


def test_nothing_half_written_is_left_behind(tmp_path):
    class StopError(Exception):
        pass

    with pytest.raises(StopError), beside(tmp_path / "model") as folder:  # noqa: PT012
        (folder / "config.json").write_text("{}")
        raise StopError

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence(tmp_path):
    with (
        pytest.raises(StoreError, match=r"model: cannot be written: no space left"),
        beside(tmp_path / "model"),
    ):
        raise OSError(28, "No space left on device")

    assert list(tmp_path.iterdir()) == []
