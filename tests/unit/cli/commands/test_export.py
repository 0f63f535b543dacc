"""Laws of `metabench export`: what cannot be exported is said at once, in one sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from metabench.cli.main import main


@pytest.fixture
def here(tmp_path, monkeypatch, make_run):
    """Return a folder with the run ``demo``, whose tasks are none of GLUE's."""
    monkeypatch.chdir(tmp_path)
    make_run()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["model", "nothing-like-it", "new"], 5, "there is no cell 'nothing-like-it' in 'runs'"),
        (["model", "bert-rte-0", "runs"], 2, "'runs' is not empty"),
        (["model", "bert-rte-0", "runs", "--force"], 2, ".json', which no export wrote"),
        (["model", "bert-rte-0", "no/new"], 2, "there is no folder 'no'"),
        (["glue", "demi", "--method", "BERT", "-o", "s.zip"], 5, "did you mean 'demo'?"),
        (["glue", "demo", "--method", "Bertt", "-o", "s.zip"], 5, "did you mean 'BERT'?"),
        (["glue", "demo", "--method", "BERT", "--seed", "9", "-o", "s.zip"], 5, "one of 0, 1, 2"),
        (["glue", "demo", "--method", "BERT", "-o", "s.zip"], 5, "'demo' is a task of GLUE"),
        (["glue", "demo", "--method", "BERT", "-o", "no/s.zip"], 2, "there is no folder 'no'"),
        (["glue", "demo", "-o", "s.zip"], 2, "missing option '--method'"),
    ],
)
def test_what_cannot_be_exported_is_refused(arguments, code, said, here, capsys):
    assert main(["export", *arguments]) == code

    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert {path.name for path in here.iterdir()} == {"runs"}


@pytest.mark.parametrize("arguments", [["export"], ["export", "glue"], ["export", "model"]])
def test_help_loads_no_torch(arguments):
    program = (
        "import sys; from metabench.cli.main import main;"
        f"assert main({[*arguments, '--help']}) == 0; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not {"torch", "transformers", "datasets"} & set(done.stdout.splitlines()[-1].split())
