"""The file of a custom task: with or without a byte-order mark, closed, of a bounded size."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path

import pytest

from metabench.errors import DataError
from metabench.tasks.own.splits import found_labels, own_rows

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


STRANGERS = {
    "a Git LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n",
        "is a Git LFS pointer, not the data",
        "run `git lfs pull` there",
    ),
    "a spreadsheet's first line": (
        b"sep=;\nsentence;label\na;no\nb;yes\n",
        "'sep=;' is for a spreadsheet; the columns' names are in the next line",
        "remove that line",
    ),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_file_that_is_something_else_is_called_what_it_is(card, write, name):
    content, problem, hint = STRANGERS[name]

    with pytest.raises(DataError, match=re.escape(problem)) as caught:
        own_rows(card(write(content)), "train")
    assert caught.value.hint == hint


def test_a_spreadsheet_is_known_under_another_name(card, tmp_path):
    with zipfile.ZipFile(tmp_path / "rows.csv", "w") as archive:
        archive.writestr("[Content_Types].xml", "<a/>")
        archive.writestr("xl/workbook.xml", "<a/>")

    with pytest.raises(DataError, match="is a spreadsheet, whatever its name"):
        own_rows(card(tmp_path / "rows.csv"), "train")


def test_a_minus_sign_that_is_typeset_is_a_minus_sign(card, write):
    file = write("sentence,label\na,\u22120.5\nb,1\n")

    assert own_rows(card(file, labels=()), "train").labels == [-0.5, 1.0]


def test_labels_of_many_digits_are_classes_in_the_order_of_their_size(card, write):
    """Python reads no integer of more than 4,300 digits."""
    many = "1" + "0" * 5000
    file = write(f"sentence\tlabel\na\t{many}\nb\t20\nc\t3\n", "rows.tsv")

    assert found_labels(card(file, find_labels=True)) == ("3", "20", many)


UNLABELLED = '{"sentence": "a"}\n{"sentence": "b", "label": "no"}\n'
UNLABELLED += '{"sentence": "c"}\n{"sentence": "d", "label": "yes"}\n'


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_an_object_without_the_label_that_others_have_is_an_unlabelled_row(card, write, form):
    array = "[" + ",\n".join(UNLABELLED.splitlines()) + "]"
    file = write(array if form == "json" else UNLABELLED, f"rows.{form}")
    rows = own_rows(card(file, unlabelled="drop"), "train")

    assert rows.texts == (["b", "d"],)
    assert [line for line, _ in rows.unlabelled] == [1, 3]
    with pytest.raises(DataError, match=rf"rows.{form}:1: the label is empty"):
        own_rows(card(file), "train")


def test_a_label_that_no_object_has_is_a_column_that_is_missing(card, write):
    file = write(UNLABELLED.replace("label", "mark"), "rows.jsonl")

    with pytest.raises(DataError, match=r"rows.jsonl:1: no column 'label'; there are 'sentence'"):
        own_rows(card(file, unlabelled="drop"), "train")


def test_an_object_that_lacks_its_text_is_refused_whatever_its_label(card, write):
    file = write(UNLABELLED + '{"label": "no"}\n', "rows.jsonl")

    with pytest.raises(DataError, match=r"rows.jsonl:5: no column 'sentence'"):
        own_rows(card(file, unlabelled="drop"), "train")
