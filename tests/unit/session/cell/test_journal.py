"""The metrics of a cell that goes on are those of one that never stopped."""

from __future__ import annotations

import errno
import json
import os

import pytest

from metabench.engine.step import StepDone
from metabench.errors import StoreError
from metabench.session.cell.journal import Journal
from metabench.store.folder import Folder


def write(folder, steps, after=0):
    with Journal(Folder(folder), after=after) as journal:
        for step in steps:
            journal.step(StepDone("meta", step, 9, {"loss": float(step)}))
        journal.flush()


def steps(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["step"] for line in lines]


@pytest.mark.parametrize(
    ("after", "expected"), [(0, [1, 2]), (3, [1, 2, 3, 4, 5]), (5, [1, 2, 3, 4, 5, 6, 7])]
)
def test_it_goes_on_after_the_step_of_the_checkpoint(tmp_path, after, expected):
    write(tmp_path, [1, 2, 3, 4, 5, 6])
    write(tmp_path, [after + 1, after + 2], after=after)

    assert steps(tmp_path) == expected


def test_without_metrics_there_is_nothing_to_keep(tmp_path):
    write(tmp_path, [4, 5], after=3)

    assert steps(tmp_path) == [4, 5]


def test_a_tail_that_was_torn_at_any_byte_leaves_exactly_the_whole_lines_before_it(tmp_path):
    write(tmp_path, [1, 2, 3, 4])
    path = tmp_path / "metrics.jsonl"
    whole = path.read_bytes()

    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        Journal(Folder(tmp_path), after=4).close()
        kept = path.read_bytes() if path.exists() else b""
        assert kept == whole[: whole.rfind(b"\n", 0, end) + 1]


@pytest.mark.parametrize("line", [b"[]\n", b"\0\0\n", b'{"step": 7}\n', b"[" * 10**5 + b"\n"])
def test_after_a_line_that_is_none_nothing_is_kept(tmp_path, line):
    write(tmp_path, [1, 2])
    path = tmp_path / "metrics.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + line + b'{"step": 4}\n')

    Journal(Folder(tmp_path), after=4).close()

    assert path.read_bytes() == whole


def test_a_line_without_end_is_not_read_to_its_end(tmp_path):
    write(tmp_path, [1, 2])
    path = tmp_path / "metrics.jsonl"
    whole = path.read_bytes()
    with path.open("r+b") as file:
        file.truncate(20 * 1024**3)  # zeros that take no room; no memory would hold them

    Journal(Folder(tmp_path), after=9).close()

    assert path.read_bytes() == whole


def test_what_a_journal_cannot_write_is_a_store_error(tmp_path):
    with Journal(Folder(tmp_path)) as journal:
        os.close(journal._metrics.fileno())
        with pytest.raises(StoreError, match="cannot be read or written: bad file descriptor"):
            journal.flush()
        with pytest.raises(StoreError, match="bad file descriptor"):
            journal.close()


def test_what_ended_an_attempt_is_not_hidden_by_a_full_disk(tmp_path, monkeypatch):
    def fail(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    journal = Journal(Folder(tmp_path))
    with pytest.raises(StoreError, match="no space left on device"):
        journal.flush()
    os.close(journal._metrics.fileno())

    journal.__exit__(KeyError, KeyError("the cause"), None)
