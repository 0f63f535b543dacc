"""Laws of `metabench validate --data`: texts cut, unknown words and classes, counted by split."""

import json

import pytest
from kit.benchmark import PLAIN, benchmark

from metabench.cli.main import main

TASK = {"name": "my/t", "train": "train.csv", "scored": "dev.csv", "text": ["text"]}
BENCHMARK = benchmark(
    "own", PLAIN, model={"max_length": 8}, tasks={"target": ["my/t"], "define": [TASK]}
)


@pytest.fixture
def file(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\nthe fox,no\nthe kind fox helps,yes\nit,no\n")
    (tmp_path / "dev.csv").write_text("text,label\nthe owl,no\n" + "the fox " * 9 + ",yes\n")
    path = tmp_path / "own.toml"
    path.write_text(BENCHMARK)
    return str(path)


def test_the_classes_of_files_are_counted_without_asking(file, capsys):
    assert main(["validate", file]) == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["my/t", "train", "no:", "2,", "yes:", "1"] in lines
    assert ["my/t", "scored", "no:", "1,", "yes:", "1"] in lines


def test_with_data_texts_that_are_cut_and_unknown_words_are_counted(file, capsys):
    assert main(["validate", file, "--data"]) == 0

    shown = capsys.readouterr().out
    assert "CUT: my/t scored: 1 of 2 texts (50 %) have more than model.max_length = 8" in shown

    assert main(["validate", file, "--data", "--json"]) == 0
    train, scored = json.loads(capsys.readouterr().out)["splits"]
    assert (train["rows"], train["cut"], train["words"], train["unknown"]) == (3, 0, 7, 0)
    assert (scored["rows"], scored["cut"], scored["words"]) == (2, 1, 2 + 6)
    assert train["classes"] == {"no": 2, "yes": 1}
