"""Of a run folder with links and pipes in it, no command reads or writes what is elsewhere."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from metabench.cli.main import main

V2 = Path(__file__).parents[2] / "fixtures" / "stores" / "v2"
CELL = "adapt-plain-embedded-grammar-s0-f0-863fd446"
UNASKED = "what-nobody-asked-for"
SECONDS = 20


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a run folder that somebody sent."""
    folder = tmp_path / "runs" / "tiny"
    shutil.copytree(V2, folder)
    shutil.copy(folder / "spec.toml", tmp_path / "tiny.toml")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def outside(tmp_path):
    """Return a folder that is none of the run's, with files of every name that a run has."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for name in (
        "host-1-0", "host-2-1", ".a.1-0.tmp", "result.json", "log.txt", "notes.txt", "LOCK",
        "state.safetensors", "metrics.jsonl", "x.safetensors",
    ):  # fmt: skip
        (folder / name).write_text(UNASKED)
    (folder / ".again-x").mkdir()
    (folder / ".again-x" / "result.json").write_text(UNASKED)
    return folder


@pytest.fixture(autouse=True)
def limit():
    """End a test that waits for a pipe."""

    def end(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


COMMANDS = {
    "run": ["run", "tiny.toml"],
    "dry run": ["run", "tiny.toml", "--dry-run"],
    "force": ["run", "tiny.toml", "--force"],
    "compare": ["compare", "tiny"],
    "html": ["compare", "tiny", "--format", "html"],
    "merge": ["merge", "tiny", "runs/../runs/tiny"],
    "site": ["site", "tiny", "-o", "out"],
    "advise": ["advise", "tiny", "--baseline", "Plain"],
    "status": ["status", "tiny"],
    "verify": ["verify", "tiny"],
    "logs": ["logs", CELL],
    "scalars": ["logs", CELL, "--scalars"],
    "show": ["show", CELL],
    "score": ["score", "tiny"],
    "score --write": ["score", "tiny", "--write"],
    "reproduce": ["reproduce", f"runs/tiny/cells/{CELL}/result.json"],
    "export records": ["export", "records", "tiny", "out"],
    "export model": ["export", "model", CELL, "out"],
    "export glue": ["export", "glue", "tiny", "--method", "Plain", "-o", "out.zip"],
}
OF_A_RUN = [name for name in COMMANDS if name not in {"logs", "scalars"}]
OF_A_CELL = [name for name in COMMANDS if name not in {"run", "dry run", "force"}]
"""Those that train and estimate nothing, so that each combination takes a moment."""


def state(folder):
    """Return every file of a folder with what it holds, and when it was written."""
    return {
        path.relative_to(folder): (
            path.lstat().st_mtime_ns,
            path.lstat().st_ino,
            path.read_bytes() if path.is_file() else None,
        )
        for path in sorted(folder.rglob("*"))
    }


def ended(command, capsys):
    """Return exit code and output; nothing that is elsewhere is in it, and it is no bug."""
    code = main(COMMANDS[command])
    shown = capsys.readouterr()
    assert UNASKED not in shown.out + shown.err
    assert "Traceback" not in shown.err
    assert code != 70
    return code, shown


def refused(command, capsys, problem):
    code, shown = ended(command, capsys)
    assert code == 4, (shown.out, shown.err)
    (line,) = [line for line in shown.err.splitlines() if "hint:" in line]
    assert problem in shown.err
    assert "delete it, or replace it by its target" in line
    assert not Path("out").exists()
    assert not Path("out.zip").exists()


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        *(("cells", command) for command in OF_A_RUN),
        *(("processes", command) for command in OF_A_RUN if command not in {"dry run", "show"}),
    ],
)
def test_a_folder_of_a_run_that_is_a_link_is_refused_and_nothing_there_is_touched(
    run, outside, capsys, folder, command
):
    if (run / folder).exists():
        shutil.copytree(run / folder, outside, dirs_exist_ok=True)
        shutil.rmtree(run / folder)
    (run / folder).symlink_to(outside)
    before = state(outside)

    refused(command, capsys, f"{folder}: cannot be read or written: is not a regular folder")
    assert state(outside) == before


@pytest.mark.parametrize("command", OF_A_CELL)
def test_the_folder_of_a_cell_that_is_a_link_is_no_cell(run, outside, capsys, command):
    shutil.copytree(run / "cells" / CELL, outside, dirs_exist_ok=True)
    (outside / "log.txt").write_text(UNASKED)
    shutil.rmtree(run / "cells" / CELL)
    (run / "cells" / CELL).symlink_to(outside)
    before = state(outside)
    code, _ = ended(command, capsys)

    assert state(outside) == before
    if command in {"verify", "logs", "scalars", "export records"}:
        assert code == 4


@pytest.mark.parametrize("command", OF_A_CELL)
@pytest.mark.parametrize("kind", ["link", "pipe", "huge"])
@pytest.mark.parametrize(
    "name",
    ["result.json", "cell.json", "failure.json", "log.txt", "metrics.jsonl", "../../run.json"],
)
def test_a_file_of_a_cell_that_is_a_link_a_pipe_or_huge_is_not_read(
    run, outside, capsys, name, kind, command
):
    path = run / "cells" / CELL / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(outside / "notes.txt")
    else:
        path.touch()
        os.truncate(path, 20 << 30)
    before = state(outside)
    code, shown = ended(command, capsys)

    assert state(outside) == before
    if (command, name) in {("logs", "log.txt"), ("scalars", "metrics.jsonl")}:
        assert code == 4
        assert f"{name}: cannot be read or written" in shown.err
        assert shown.out == ""


@pytest.mark.parametrize("name", ["resolved.toml", "spec.toml"])
@pytest.mark.parametrize("command", ["reproduce", "export model", "export records"])
def test_a_benchmark_file_that_is_a_link_is_not_read(run, outside, capsys, name, command):
    (run / name).unlink()
    (run / name).symlink_to(outside / "notes.txt")
    if name == "spec.toml" and command != "export records":
        pytest.skip("only resolved.toml is read")
    code, shown = ended(command, capsys)

    assert code == 4
    assert "is not a regular file" in shown.err
