"""Laws of benchmarks from Python values."""

from __future__ import annotations

import tomllib

import pytest

import metabench
from metabench.cli.main import main
from metabench.errors import SpecError, UsageError

SECTIONS = {
    "name": "mine",
    "model": {"id": "embedded/encoder", "weights": "random"},
    "tasks": {"target": ["embedded/grammar"]},
    "methods": [{"id": "Plain", "algorithm": "finetune", "options": {}}],
}


def test_a_benchmark_is_the_file_that_it_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    benchmark = metabench.Benchmark(**SECTIONS)

    path = benchmark.write("mine.toml")
    assert tomllib.loads(path.read_text()) == {"schema": 1, **SECTIONS}
    assert main(["validate", "mine.toml"]) == 0
    capsys.readouterr()


def test_every_mistake_is_named_at_once():
    wrong = SECTIONS | {"metods": [], "methods": [{"id": "A", "algorithm": "mamll"}]}

    with pytest.raises(SpecError) as caught:
        metabench.Benchmark(**wrong)
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == 2
    assert any("metods" in one and "did you mean 'methods'" in one for one in said)
    assert any("mamll" in one and "did you mean 'maml'" in one for one in said)


def test_what_toml_cannot_hold_is_refused():
    with pytest.raises(UsageError, match="a value is not one that a benchmark file can hold"):
        metabench.Benchmark(**SECTIONS, meta={"steps": None})


def test_a_benchmark_cannot_be_changed():
    benchmark = metabench.Benchmark(**SECTIONS)

    with pytest.raises(AttributeError):
        benchmark.request = None
