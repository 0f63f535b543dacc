"""Whatever ends a run in the middle of a cell, running it again ends in the same bits."""

from __future__ import annotations

import os
import pty
import signal
import sys
import time

import pytest
from kit.benchmark import MAML, REPTILE, benchmark
from kit.kills import ends

from metabench.seeding import Stream

FILE = benchmark(
    "long",
    *(MAML, REPTILE),
    pretrain={"steps": 25},
    meta={"steps": 25},
    finetune={"epochs": 0.5},
    compute={"checkpoint_seconds": 0},
)


@pytest.fixture
def start(server, folder):
    """Return what begins a run."""
    return lambda *arguments: server.start(folder, "run", "long.toml", *arguments)


def wait_for_checkpoint(process, folder, *, after=""):
    """Wait until some cell has a checkpoint later than ``after``; return it."""
    cells = folder / "runs" / "long" / "cells"
    while process.poll() is None:
        there = [str(path) for path in cells.glob("*/checkpoints/step-*")]
        if any(path not in after for path in there):
            return " ".join(there)
        time.sleep(0.01)
    return ""


@pytest.fixture(scope="module")
def whole(tmp_path_factory, server):
    """Return what a run leaves that nobody stops."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "long.toml").write_text(FILE)
    server.run(folder, "run", "long.toml")
    assert not list((folder / "runs").glob("*/cells/*/checkpoints"))
    return ends(folder)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the benchmark file."""
    (tmp_path / "long.toml").write_text(FILE)
    return tmp_path


@pytest.mark.slow
def test_after_kills_at_any_moment_the_run_ends_in_the_same_bits(start, folder, whole, server):
    draws = Stream.root(6).numpy()
    seen = ""
    for _ in range(3):
        process = start()
        seen = wait_for_checkpoint(process, folder, after=seen)
        time.sleep(0.4 * draws.random())
        process.send(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, process.said

    server.run(folder, "run", "long.toml")
    assert ends(folder) == whole


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_step_saves_it_and_says_how_to_go_on(
    start, folder, whole, number, code, server
):
    process = start()
    wait_for_checkpoint(process, folder)
    process.send(number)
    asked = time.monotonic()

    assert process.wait() == code, process.said
    errors = process.said
    assert time.monotonic() - asked < 10
    assert "once more stops at once" in errors
    assert "stopped after step" in errors
    assert "run long.toml" in errors
    server.run(folder, "run", "long.toml")
    assert ends(folder) == whole


@pytest.mark.slow
def test_two_workers_save_both_their_cells(start, folder, whole, server):
    process = start("-j", "2")
    cells = folder / "runs" / "long" / "cells"
    while process.poll() is None and not list(cells.glob("meta-*/checkpoints/step-*")):
        time.sleep(0.01)
    process.send(signal.SIGINT)

    assert process.wait() == 130, process.said
    assert "stopped after step" in process.said
    assert not list(cells.glob("*/failure.json"))
    server.run(folder, "run", "long.toml")
    assert ends(folder) == whole


@pytest.mark.slow
def test_a_checkpoint_of_other_threads_is_refused_and_nothing_is_lost(start, folder):
    process = start()
    wait_for_checkpoint(process, folder)
    process.send(signal.SIGINT)
    process.wait()
    there = sorted((folder / "runs").glob("long/cells/*/checkpoints/step-*"))

    process = start("--set", "compute.threads=2")

    assert process.wait() == 4
    assert "threads 1 → 2" in process.said
    assert "delete the folder to restart the cell" in process.said
    assert sorted((folder / "runs").glob("long/cells/*/checkpoints/step-*")) == there


@pytest.mark.slow
def test_a_terminal_that_is_closed_costs_nothing(folder, whole, server):
    child, terminal = pty.fork()
    if not child:  # pragma: no cover  (the command takes the place of this process)
        os.chdir(folder)
        os.environ["OMP_NUM_THREADS"] = "1"
        command = [sys.executable, "-m", "metabench", "run", "long.toml"]
        os.execv(sys.executable, command)  # noqa: S606  (no shell is wanted)
    cells = folder / "runs" / "long" / "cells"
    while not list(cells.glob("*/checkpoints/step-*")):
        time.sleep(0.01)
    os.close(terminal)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 129
    server.run(folder, "run", "long.toml")
    assert ends(folder) == whole
