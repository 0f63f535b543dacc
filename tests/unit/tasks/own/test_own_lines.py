"""The file of a custom task: with or without a byte-order mark, closed, of a bounded size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from metabench.errors import DataError
from metabench.tasks.own.splits import own_rows

MARK = b"\xef\xbb\xbf"
FILES = {
    "rows.csv": "sentence,label\na,no\nb,yes\n",
    "rows.tsv": "sentence\tlabel\na\tno\nb\tyes\n",
    "rows.jsonl": '{"sentence": "a", "label": "no"}\n{"sentence": "b", "label": "yes"}\n',
}


@pytest.mark.parametrize("name", FILES)
def test_a_byte_order_mark_is_no_part_of_the_first_column(card, write, name):
    rows = own_rows(card(write(MARK + FILES[name].encode(), name)), "train")

    assert rows.texts == (["a", "b"],)
    assert rows.labels == ["no", "yes"]


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are not listed here")
@pytest.mark.parametrize("content", [FILES["rows.csv"], "sentence,label\na,perhaps\n", ""])
def test_a_file_is_closed_whether_its_rows_are_good_or_not(card, write, content):
    path = write(content)
    before = open_descriptors()

    for _ in range(3):
        try:
            own_rows(card(path), "train")
        except DataError:
            assert content != FILES["rows.csv"]

    assert open_descriptors() <= before


def test_a_file_of_more_than_two_gib_is_refused_before_it_is_read(card, write):
    path = write(FILES["rows.csv"])
    os.truncate(path, 2 * 1024**3 + 1)  # sparse: it takes no room

    with pytest.raises(DataError, match="is larger than 2 GiB"):
        own_rows(card(path), "train")
