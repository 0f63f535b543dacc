"""The processes of a run folder: asked to stop, seen, and named apart."""

from __future__ import annotations

import os
import re
import socket

import pytest

from metabench.errors import StoreError
from metabench.store.lock import HeldError, lock_owner, locked
from metabench.store.processes import (
    forget_cancel,
    is_cancelled,
    is_lock_file,
    joining,
    present,
    request_cancel,
)
from metabench.store.run_folder import Store


def test_a_run_is_cancelled_from_the_request_until_it_is_taken_back(tmp_path):
    seen = [is_cancelled(tmp_path / "run")]
    for change in (forget_cancel, request_cancel, request_cancel, forget_cancel):
        change(tmp_path / "run")
        seen.append(is_cancelled(tmp_path / "run"))

    assert seen == [False, False, True, True, False]


def test_a_request_to_stop_that_is_a_link_is_none_and_is_not_deleted(tmp_path):
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "CANCEL").symlink_to(tmp_path)

    assert not is_cancelled(tmp_path)
    with pytest.raises(StoreError, match="is not a regular file"):
        forget_cancel(tmp_path)


def test_each_presence_of_a_process_has_a_lock_file_of_its_own(tmp_path):
    with present(tmp_path), present(tmp_path):
        names = sorted(path.name for path in (tmp_path / "processes").iterdir())

    assert names == [f"{socket.gethostname()}-{os.getpid()}-{number}" for number in (0, 1)]
    assert all(map(is_lock_file, names))
    assert not list((tmp_path / "processes").iterdir())


@pytest.mark.parametrize("name", ["CANCEL", "a-1", "a-1-", "-1-2", "a-x-2", "a-1-2.tmp"])
def test_other_files_are_no_lock_files(name):
    assert not is_lock_file(name)


def test_a_lock_that_is_held_is_refused_without_a_pause_and_names_what_is_held(
    tmp_path, monkeypatch
):
    store, pauses = Store(tmp_path), []
    monkeypatch.setattr("metabench.store.lock.time.sleep", pauses.append)
    who = re.escape(f"(process {os.getpid()} on {socket.gethostname()} since 2")
    with store.lock_cell("a-0"), pytest.raises(HeldError, match=f"works on this cell {who}"):  # noqa: SIM117
        with store.lock_cell("a-0"):
            pass
    with locked(store.root, "LOCK"), pytest.raises(HeldError, match=f"works on this run {who}"):  # noqa: SIM117
        with locked(store.root, "LOCK"):
            pass

    assert pauses == []
    assert lock_owner(store.root, "LOCK") is None


def test_who_joins_waits_for_who_joins_and_who_wants_to_be_alone_a_hundredth_of_that(
    tmp_path, monkeypatch
):
    clock = [0.0]
    monkeypatch.setattr("metabench.store.lock.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(
        "metabench.store.lock.time.sleep", lambda pause: clock.append(clock.pop() + pause)
    )
    waited = []
    with joining(tmp_path):
        for how in (joining, lambda folder: Store(folder).lock()):
            clock[:] = [0.0]
            with pytest.raises(HeldError, match="works on this run"), how(tmp_path):
                pass
            waited.append(clock[0])

    assert waited == pytest.approx([60.0, 0.1], abs=0.03)
