"""Arrays on disk come back as they were; a file that is not one of ours is none."""

from __future__ import annotations

import re

import numpy as np
import pytest

from metabench.data.token_cache import read_arrays, write_arrays
from metabench.errors import StoreError

ARRAYS = {"ids": np.arange(5, dtype=np.int32), "lengths": np.array([2, 3], dtype=np.int32)}
MOST = 1 << 20


def test_what_is_written_is_what_is_read(tmp_path):
    write_arrays(tmp_path / "cache", "a", ARRAYS)
    found = read_arrays(tmp_path / "cache", "a", ["lengths", "ids"], most=MOST)

    assert sorted(found) == sorted(ARRAYS)
    assert all(np.array_equal(found[name], array) for name, array in ARRAYS.items())


@pytest.mark.parametrize(
    "wrong",
    [
        {"lengths": ARRAYS["lengths"].astype(np.int64)},
        {"lengths": ARRAYS["lengths"][None]},
        {"ids": ARRAYS["ids"].astype(np.float32)},
        {"types": ARRAYS["ids"]},
    ],
)
def test_one_array_that_is_not_as_it_is_written_makes_the_file_none_of_ours(tmp_path, wrong):
    write_arrays(tmp_path, "a", ARRAYS | wrong)

    assert read_arrays(tmp_path, "a", list(ARRAYS), most=MOST) is None


def test_a_file_that_lacks_an_array_or_is_missing_or_too_large_is_none(tmp_path):
    write_arrays(tmp_path, "a", ARRAYS)

    assert read_arrays(tmp_path, "a", ["ids", "lengths", "types"], most=MOST) is None
    assert read_arrays(tmp_path, "b", list(ARRAYS), most=MOST) is None
    assert read_arrays(tmp_path, "a", list(ARRAYS), most=10) is None


def test_the_same_numbers_parted_in_another_way_are_other_arrays(tmp_path):
    parted = {"ids": ARRAYS["ids"][:4], "lengths": np.array([4, 2, 3], dtype=np.int32)}
    noted = []
    for name, arrays in (("a", ARRAYS), ("b", parted)):
        write_arrays(tmp_path, name, arrays)
        noted.append(re.search(rb"[0-9a-f]{64}", (tmp_path / name).read_bytes())[0])
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes().replace(noted[1], noted[0]))

    assert noted[0] != noted[1]
    assert read_arrays(tmp_path, "b", list(ARRAYS), most=MOST) is None


def test_a_cache_that_is_a_link_is_refused_and_one_that_cannot_be_written_is_none(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").touch()
    for use in (
        lambda: write_arrays(tmp_path / "link", "a", ARRAYS),
        lambda: read_arrays(tmp_path / "link", "a", list(ARRAYS), most=MOST),
    ):
        with pytest.raises(StoreError, match="is not a regular folder"):
            use()
    write_arrays(tmp_path / "file", "a", ARRAYS)

    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert read_arrays(tmp_path / "file", "a", list(ARRAYS), most=MOST) is None
