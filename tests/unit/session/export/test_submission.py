"""GLUE's files: names, header, words for classes, numbers, and an archive of fixed bytes."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from metabench.errors import DivergedError
from metabench.metrics.compute import clipped
from metabench.plugin.catalog import load_catalog
from metabench.session.export.submission import FILES, archive, constant_entries, entries, tsv

BY_NAME = {file.name: file for file in FILES}
SITE = {
    "AX", "CoLA", "MNLI-m", "MNLI-mm", "MRPC", "QNLI", "QQP", "RTE", "SST-2", "STS-B", "WNLI",
}  # fmt: skip


def test_the_files_are_those_that_the_site_asks_for():
    assert BY_NAME.keys() == SITE
    assert [file.name for file in FILES] == sorted(SITE)


@pytest.mark.parametrize(
    ("name", "outputs", "lines"),
    [
        ("RTE", [[2.0, 1.0], [-3.0, 0.5]], ["entailment", "not_entailment"]),
        ("QNLI", [[0.0, 9.0]], ["not_entailment"]),
        ("CoLA", [[2.0, 1.0], [0.1, 0.2]], ["0", "1"]),
        ("MRPC", [[0.1, 0.2]], ["1"]),
        ("QQP", [[0.3, 0.2]], ["0"]),
        ("SST-2", [[-1.0, 1.0]], ["1"]),
        ("MNLI-m", [[9, 0, 0], [0, 9, 0], [0, 0, 9]], ["entailment", "neutral", "contradiction"]),
        ("AX", [[0, 0, 1]], ["contradiction"]),
        ("STS-B", [[3.14159], [-0.2], [5.2], [4.9996]], ["3.142", "0.000", "5.000", "5.000"]),
    ],
)
def test_classes_and_numbers_are_written_as_the_site_reads_them(name, outputs, lines):
    bounds = load_catalog().task(BY_NAME[name].task).value.bounds

    assert entries(BY_NAME[name], clipped(np.array(outputs, dtype=float), bounds)) == lines


@pytest.mark.parametrize("name", ["STS-B", "RTE", "MNLI-m"])
@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_an_output_that_is_no_number_gets_into_no_file(name, broken):
    """Of ``nan`` a file would make the word, or the first class."""
    width = max(1, len(BY_NAME[name].classes))

    with pytest.raises(
        DivergedError, match="1 of 2 outputs are not finite, the first that of example 1"
    ):
        entries(BY_NAME[name], clipped(np.array([[0.5] * width, [broken] * width]), (0.0, 5.0)))


def test_the_words_for_classes_stand_in_the_order_of_the_tasks_labels():
    tasks = load_catalog().tasks
    for file in FILES:
        if file.task in tasks and file.classes != ("0", "1"):
            assert file.classes == tasks[file.task].value.labels
        if file.task in tasks:
            assert len(file.classes) == len(tasks[file.task].value.labels)


def test_the_rows_are_those_of_the_official_test_splits():
    tasks = load_catalog().tasks
    for file in FILES:
        if file.task in tasks and not file.config:
            splits = tasks[file.task].value.splits
            assert file.rows == splits[file.test]
            assert file.validation in splits
    assert (BY_NAME["AX"].rows, BY_NAME["WNLI"].rows) == (1104, 146)


def test_a_file_is_a_header_and_numbered_lines():
    assert tsv(["1", "0"]) == b"index\tprediction\n0\t1\n1\t0\n"


def test_what_fills_a_file_is_something_that_the_site_accepts():
    for file in FILES:
        filled = constant_entries(file)
        assert len(filled) == file.rows
        assert set(filled) <= set(file.classes or ("2.500",))


def test_the_same_predictions_give_the_same_bytes_in_any_order():
    forth = archive({"RTE.tsv": b"a", "CoLA.tsv": b"b"})
    back = archive({"CoLA.tsv": b"b", "RTE.tsv": b"a"})

    assert forth == back
    with zipfile.ZipFile(io.BytesIO(forth)) as zipped:
        assert zipped.testzip() is None
        assert zipped.namelist() == ["CoLA.tsv", "RTE.tsv"]
        assert zipped.read("CoLA.tsv") == b"b"
        assert {entry.date_time for entry in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
