"""Laws of completion: a shell is offered what there is, quickly."""

from __future__ import annotations

import os
import shutil
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


HOSTILE = "$(touch PWNED)"
SHELLS = {
    "bash": (["bash", "--norc", "-i"], 'eval "$(metabench completion bash)"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        'autoload -U compinit; compinit -u -D; eval "$(metabench completion zsh)"',
    ),
    "fish": (["fish", "--no-config", "-i"], "metabench completion fish | source"),
}


class Terminal:
    """A shell on a terminal of its own, typed to a piece at a time."""

    def __init__(self, shell, folder):
        import pty

        command, setup = SHELLS[shell]
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        program = bin_folder / "metabench"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m metabench "$@"\n')
        program.chmod(0o755)
        path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        self.pid, self.end = pty.fork()
        if not self.pid:
            os.chdir(folder)
            variables = {**os.environ, "PATH": path, "HOME": str(folder), "TERM": "dumb"}
            os.execvpe(command[0], command, variables)  # noqa: S606
        self.said = b""
        self.type(f"{setup}; echo re''ady\n", "ready")

    def type(self, text, awaited, *, seconds=60.0):
        """Type a text; return what is printed until a text has appeared."""
        import select
        import time

        began = len(self.said)
        os.write(self.end, text.encode())
        until = time.monotonic() + seconds
        while awaited.encode() not in self.said[began:] and time.monotonic() < until:
            if select.select([self.end], [], [], 0.2)[0]:
                self.said += os.read(self.end, 65536)
        return self.said[began:].decode(errors="replace")

    def close(self):
        import signal

        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.end)


@pytest.fixture
def terminal(request, tmp_path):
    if shutil.which(request.param) is None:
        pytest.skip(f"there is no {request.param}")
    (tmp_path / "runs" / "demo" / "cells" / f"adapt-{HOSTILE}").mkdir(parents=True)
    found = Terminal(request.param, tmp_path)
    yield found
    found.close()


@pytest.mark.slow
@pytest.mark.parametrize("terminal", SHELLS, indirect=True)
def test_a_hostile_name_is_completed_as_text(terminal, tmp_path):
    completed = terminal.type("metabench export model adapt-\t", "PWNED")
    terminal.type("; echo do''ne\n", "done")

    assert "PWNED" in completed
    assert not (tmp_path / "PWNED").exists()


@pytest.mark.slow
@pytest.mark.parametrize("terminal", ["bash"], indirect=True)
@pytest.mark.parametrize("quote", ["'", '"'])
def test_bash_ends_no_quotation_that_has_begun(quote, terminal, tmp_path):
    terminal.type(f"metabench export model {quote}adapt-\t\t", "PWNED", seconds=5)
    terminal.type(f"{quote}; echo do''ne\n", "done")

    assert not (tmp_path / "PWNED").exists()


def test_a_name_that_is_a_pattern_brings_no_file_of_the_folder(tmp_path):
    """What bash does with the answer, without a terminal: the function is called by hand."""
    (tmp_path / "runs" / "demo" / "cells" / "adapt-x*").mkdir(parents=True)
    (tmp_path / "plain,'adapt-x';touch PWNED;'*'").touch()
    script = f"""
        metabench() {{ {sys.executable} -P -m metabench "$@"; }}
        source <({sys.executable} -P -m metabench completion bash)
        COMP_WORDS=(metabench export model adapt-x); COMP_CWORD=3
        _metabench_completion metabench
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == ["'adapt-x*'"]


@pytest.mark.parametrize("name", ["--plugin-file=evil.py", "-x", "two\nlines", "a\x1bb"])
def test_a_name_that_is_no_plain_word_is_not_offered(name, tmp_path):
    (tmp_path / "runs" / name).mkdir(parents=True)
    (tmp_path / "runs" / name / "run.json").write_text("{}")

    assert offered("metabench compare ", cwd=tmp_path) == set()
