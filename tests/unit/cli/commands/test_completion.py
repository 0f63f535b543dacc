"""Laws of completion: a shell is offered what there is, quickly."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from metabench.cli.main import main


def offered(line, *, cwd, monkeypatch=None):
    """Return what bash would be offered for the last word of a line."""
    words = line.split(" ")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "metabench"],
        env=os.environ
        | {
            "_METABENCH_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
    )
    loaded = {entry.rpartition("|")[2].strip() for entry in done.stderr.splitlines()}
    assert not {"torch", "transformers", "datasets"} & loaded
    answers = (entry.split(",", 1) for entry in done.stdout.splitlines() if entry)
    return {name for kind, name in answers if kind == "plain"}


EMBEDDED = {"embedded/science", "embedded/sentiment", "embedded/similarity"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("metabench ru", {"run"}),
        ("metabench plugins sh", {"show"}),
        ("metabench run quickstart_", {"quickstart_control"}),
        ("metabench show rept", {"reptile"}),
        ("metabench show glue/r", {"glue/rte"}),
        (
            "metabench show --kind sampler ",
            {"adaptive", "mixed", "pps", "temperature", "uniform"},
        ),
        ("metabench show --kind task embedded/s", EMBEDDED),
        ("metabench run quickstart --observer t", {"tensorboard"}),
        ("metabench list sa", {"samplers"}),
        ("metabench list -P no:metabench-s", {"no:metabench-samplers"}),
        ("metabench plugins show metabench-m", {"metabench-metrics"}),
    ],
)
def test_a_name_is_completed(line, expected, tmp_path):
    assert offered(line, cwd=tmp_path) == expected


def test_benchmark_files_and_run_folders_are_completed(tmp_path):
    (tmp_path / "my_idea.toml").write_text("")
    (tmp_path / "runs" / "my-run").mkdir(parents=True)
    (tmp_path / "runs" / "my-run" / "run.json").write_text("{}")

    assert offered("metabench validate my", cwd=tmp_path) == {"my_idea.toml"}
    assert offered("metabench compare ", cwd=tmp_path) == {"my-run"}


def test_cells_and_methods_to_export_are_completed(make_run, tmp_path):
    store = make_run()
    store.cell_folder("adapt-bert-rte-s0-f0-01234567").mkdir()
    store.cell_folder("meta-bert-s0-01234567").mkdir()

    cells = offered("metabench export model adapt", cwd=tmp_path)

    assert cells == {"adapt-bert-rte-s0-f0-01234567"}
    assert offered("metabench export glue demo --method J", cwd=tmp_path) == {"Joint"}
    (store.folder / "run.json").write_text("damaged")
    assert offered("metabench export glue demo --method J", cwd=tmp_path) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell, capsys):
    assert main(["completion", shell]) == 0
    assert f"_METABENCH_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_without_an_argument_the_shell_is_the_users(monkeypatch, capsys):
    monkeypatch.setenv("SHELL", "/usr/bin/fish")

    assert main(["completion"]) == 0
    assert "fish_complete" in capsys.readouterr().out


def test_another_shell_is_a_usage_error(monkeypatch, capsys):
    monkeypatch.setenv("SHELL", "/bin/tcsh")

    assert main(["completion"]) == 2
    assert "no completion for the shell 'tcsh'\n  hint: name one of" in capsys.readouterr().err
