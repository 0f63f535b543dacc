"""Laws of `metabench validate --data`: texts cut, unknown words and classes, counted by split."""

import json
from pathlib import Path

import pytest
from kit.benchmark import PLAIN, benchmark

from metabench.cli.main import main

TASK = {"name": "my/t", "train": "train.csv", "scored": "dev.csv", "text": ["text"]}
BENCHMARK = benchmark(
    "own", PLAIN, model={"max_length": 8}, tasks={"target": ["my/t"], "define": [TASK]}
)
QUICKSTART = Path(__file__).parents[4] / "benchmarks" / "quickstart.toml"


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


@pytest.mark.parametrize(("setting", "said"), [
    ('meta.train=["encoder.layers.1-2"]', "meta.train: 'encoder.layers.1-2' matches no parameter"),
    ('finetune.train=["biases"]', "finetune.train: 'biases' matches no parameter"),
    ('methods.Plain.train=["biases"]', "methods[0].train: 'biases' matches no parameter"),
])  # fmt: skip
def test_a_part_that_the_encoder_lacks_is_one_sentence(file, setting, said, capsys):
    assert main(["validate", file, "--set", setting]) == 2

    error = capsys.readouterr().err
    assert said in error
    assert ("did you mean 'bias'?" if "biases" in said else "encoder.layers.0-1") in error


def test_a_part_that_the_encoder_has_is_valid(file):
    assert main(["validate", file, "--set", 'finetune.train=["bias", "encoder.layers.0-1"]']) == 0


PLUGIN = """
from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl


class Nothing(AlgorithmOptions):
    '''It has no options.'''


class There:
    '''A class that can be loaded.'''


@hookimpl
def metabench_algorithms():
    return [
        AlgorithmInfo("whole", f"{__name__}:There", Nothing, "can be loaded"),
        AlgorithmInfo("hollow", f"{__name__}:Missing", Nothing, "cannot be loaded"),
    ]
"""


@pytest.mark.parametrize(("algorithm", "code"), [("whole", 0), ("hollow", 3)])
def test_the_class_behind_an_algorithm_of_a_plugin_is_loaded(algorithm, code, tmp_path, capsys):
    (tmp_path / "half.py").write_text(PLUGIN)
    text = QUICKSTART.read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(
        text.replace('algorithm = "joint"', f'algorithm = "{algorithm}"')
    )
    options = ["--plugin-file", str(tmp_path / "half.py")]

    assert main(["validate", str(tmp_path / "mine.toml"), *options]) == code
    assert ("has no attribute 'Missing'" in capsys.readouterr().err) == (code == 3)
