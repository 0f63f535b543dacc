"""What is read of a file: how many rows and bytes, which labels are places, what is skipped."""

from __future__ import annotations

import hashlib

import pytest

from metabench.api.task import DataFile
from metabench.errors import DataError
from metabench.tasks.own import read
from metabench.tasks.own.read import read_rows, rows_by_columns, rows_one_by_one
from metabench.tasks.own.rows import ReadRules
from metabench.tasks.reading import records

RULES = ReadRules(text=("text",), label="label")
HEAD = "text,label\n"


@pytest.fixture
def file_of(tmp_path):
    """Return the function that writes a CSV file: it, and the hash of its content."""

    def make(text, **settings):
        path = tmp_path / "rows.csv"
        path.write_bytes(text.encode())
        file = DataFile(path=str(path), format="csv", **settings)
        return file, hashlib.sha256(text.encode()).hexdigest()

    return make


def both(file, sha256, rules=RULES):
    fast, slow = rows_by_columns(file, rules, sha256), rows_one_by_one(file, rules, sha256)
    assert (fast.texts, fast.labels, list(fast.lines)) == (slow.texts, slow.labels, slow.lines)
    assert (fast.unlabelled, fast.spellings) == (slow.unlabelled, slow.spellings)
    return fast


def test_a_file_may_have_so_many_rows_and_no_more(file_of, monkeypatch):
    monkeypatch.setattr(read, "MOST_ROWS", 3)
    monkeypatch.setattr(records, "MOST_ROWS", 3)
    assert len(both(*file_of(HEAD + "a,no\n" * 3))) == 3

    file, sha256 = file_of(HEAD + "a,no\n" * 4)
    assert rows_by_columns(file, RULES, sha256) is None
    with pytest.raises(DataError, match="holds more than 3 rows"):
        rows_one_by_one(file, RULES, sha256)


def test_columns_are_read_of_files_of_some_bytes_that_are_those_that_were_hashed(
    file_of, monkeypatch
):
    text = HEAD + "a,no\n"
    file, sha256 = file_of(text)

    assert rows_by_columns(file, RULES, sha256, fewest=len(text)) is not None
    assert rows_by_columns(file, RULES, sha256, fewest=len(text) + 1) is None
    assert rows_by_columns(file, RULES, "0" * 64) is None
    monkeypatch.setattr(read, "MOST_BYTES", len(text))
    assert rows_by_columns(file, RULES, sha256) is not None
    monkeypatch.setattr(read, "MOST_BYTES", len(text) - 1)
    assert rows_by_columns(file, RULES, sha256) is None
    assert read_rows(file, RULES).labels == ["no"]
    with pytest.raises(DataError, match="changed while it was read"):
        rows_one_by_one(file, RULES, "0" * 64)


def test_json_has_no_columns(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a", "label": "no"}\n')
    file = DataFile(path=str(path), format="jsonl")

    assert rows_by_columns(file, RULES, hashlib.sha256(path.read_bytes()).hexdigest()) is None
    assert read_rows(file, RULES).labels == ["no"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("0", "no"), ("1", "yes"), ("2", "2"), ("-1", "-1"), ("01", "yes"), ("1.0", "1.0"),
        ("no", "no"), ("\u0661", "\u0661"), ("0" * 9, "no"), ("0" * 10, "0" * 10),
    ],
)  # fmt: skip
def test_a_label_of_digits_is_the_place_of_a_class_that_the_data_set_declares(
    file_of, label, expected
):
    file, sha256 = file_of(f"{HEAD}a,{label}\nb,other\n")
    declared = ReadRules(text=("text",), label="label", names=("no", "yes"))

    assert both(file, sha256, declared).labels == [expected, "other"]
    assert both(file, sha256).labels == [label, "other"]


def test_labels_beyond_ascii_are_kept_as_they_are_spelt(file_of):
    found = both(*file_of(HEAD + "a,e\u0301\nb,\u00e9\nc,no\nd,e\u0301\n"))

    assert found.labels == ["\u00e9", "\u00e9", "no", "\u00e9"]
    assert found.spellings == {"e\u0301", "\u00e9"}


def test_of_a_pair_the_label_is_the_last_of_what_is_wanted(file_of):
    pair = ReadRules(text=("label", "text"), label="other")
    found = both(*file_of("other,text,label\nno,a,b\nyes,c,d\n"), pair)

    assert (found.texts, found.labels) == ((["b", "d"], ["a", "c"]), ["no", "yes"])


def test_labels_that_are_hidden_are_not_read(file_of):
    hidden = ReadRules(text=("text",), label="label", label_hidden=True)
    found = both(*file_of(HEAD + "a,no\nb,\nc,\x07\n"), hidden)

    assert (found.labels, found.unlabelled) == (["", "", ""], [])


@pytest.mark.parametrize(
    ("texts", "whole"), [(["a", ""], True), (["a", " "], False), (["", ""], True)]
)
def test_a_text_may_be_empty_where_a_data_set_has_such_and_never_blank(file_of, texts, whole):
    rows = "".join(f'"{text}",no\n' for text in texts)
    file, sha256 = file_of(HEAD + rows)
    empty = ReadRules(text=("text",), label="label", empty_texts=True)
    found = rows_one_by_one(file, empty, sha256)

    assert (found.bad == 0) is whole
    assert (rows_by_columns(file, empty, sha256) is not None) is whole
    assert rows_by_columns(file, RULES, sha256) is None
    assert rows_one_by_one(file, RULES, sha256).bad == sum(not text.strip() for text in texts)


def test_the_first_three_flaws_are_kept_all_are_counted_and_empty_labels_are_none(file_of):
    file, sha256 = file_of(HEAD + " ,no\n" * 5 + "a,\nb,no\n ,\n" + "c,no,x\n")
    found = rows_one_by_one(file, RULES, sha256)
    blank = "the text in column 'text' is empty"

    assert found.flaws == ((2, blank), (3, blank), (4, blank))
    assert (found.bad, found.unlabelled) == (7, [(7, "the label is empty")])
    assert (found.labels, found.texts, list(found.lines)) == (["no"], (["b"],), [8])


@pytest.mark.parametrize(("decimal", "numbers"), [(None, [0.5, 2.0]), (",", [0.5, 2.0])])
def test_numbers_are_read_with_the_decimal_sign_of_the_file(file_of, decimal, numbers):
    sign = decimal or "."
    rules = ReadRules(text=("text",), label="label", numbers=True)
    file, sha256 = file_of(f'{HEAD}a,"0{sign}5"\nb,2\n', decimal=decimal)

    assert both(file, sha256, rules).labels == numbers
