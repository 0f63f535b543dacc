"""Errors of the disk in words: what is wrong, where, and what to do."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from metabench.errors import StoreError
from metabench.store.problems import NotOwnError, explained, no_run_error, store_error

HERE = Path("/somewhere/a")


@pytest.mark.parametrize(
    ("error", "problem", "hint"),
    [
        (OSError(), "cannot be read or written: oserror", "look at the disk"),
        (OSError(errno.EIO, "Bad Disk"), "cannot be read or written: bad disk", "look at the disk"),
        (OSError(errno.EACCES, "No"), "cannot be written: no", "make the folder writable"),
        (OSError(errno.EPERM, "No"), "cannot be written: no", "make the folder writable"),
        (NotOwnError(errno.ELOOP, "Is a Link"), "cannot be read or written: is a link", "delete"),
    ],
)
def test_an_error_has_its_reason_in_small_letters_its_place_and_a_hint(error, problem, hint):
    found = store_error(error, HERE)

    assert (found.problem, found.where) == (problem, str(HERE))
    assert found.hint.startswith(hint)


def test_an_entry_that_is_not_ours_is_named_where_it_is():
    found = store_error(NotOwnError(errno.ELOOP, "is a link", "/elsewhere/b"), HERE)

    assert found.where == "/elsewhere/b"


def test_bytes_that_are_needed_are_none_unless_they_are_told():
    full = OSError(errno.EFBIG, "File too large")

    assert ": 0 bytes are needed and " in store_error(full, HERE).problem
    with pytest.raises(StoreError, match=r"file too large: 7 bytes are needed and [1-9]\d* are"):  # noqa: SIM117
        with explained(HERE, needed=7):
            raise full


def test_a_folder_without_a_run_is_named():
    assert no_run_error(HERE).where == str(HERE)
