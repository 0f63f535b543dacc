"""Files as a channel: lines arrive whole and in order; each end is told once, with its cause."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metabench.api import AgentCommand, AgentMessage, LostAgent
from metabench.session.runner import mailbox as mailbox_module
from metabench.session.runner.mailbox import FileMailbox
from metabench.store.processes import at_work, present

ECHO = "import sys\nfor line in sys.stdin:\n    print(line, end='', flush=True)\n"


@pytest.fixture
def start(tmp_path):
    """Return what starts a relay and returns it with its mailbox; it is ended in the end."""
    started = []

    def start(program=ECHO, *, folder=tmp_path, agent="one"):
        box = FileMailbox(folder, AgentCommand((sys.executable, "-c", program), Path.cwd()))
        command = box.make(agent)
        with box.printed(agent).open("w") as printed:
            process = subprocess.Popen(command, stdout=printed, stderr=printed)
        started.append(process)
        return box, process

    yield start
    for process in started:
        process.kill()
        process.wait()


def heard(box, count):
    found = []
    deadline = time.monotonic() + 60
    while len(found) < count and time.monotonic() < deadline:
        found += box.receive()
        time.sleep(0.05)
    return found


def test_lines_go_there_and_back_and_the_end_is_told_once_with_its_cause(start, tmp_path):
    box, process = start(ECHO.replace("print", "'end' in line and sys.exit(3); print"))
    lines = [b"%d " % number + b"x" * 10**number for number in range(6)]
    for line in lines:
        box.send("one", line + b"\n")
    box.send("one", b"end\n")

    assert heard(box, 7) == [
        *(AgentMessage("one", line) for line in lines), LostAgent("one", "exit code 3", "died"),
    ]  # fmt: skip
    assert process.wait() == 0
    assert box.receive() == []
    assert [path.name for path in (tmp_path / "agents").iterdir()] == [".alive"]


def test_an_agent_that_never_speaks_is_lost_with_the_last_line_that_it_printed(start):
    box, _ = start("raise SystemExit('no module of that name')")

    assert heard(box, 1) == [LostAgent("one", "exit code 1: no module of that name", "died")]


def test_a_job_that_is_told_to_end_tells_its_agent_to_stop_after_its_step(start):
    box, process = start(
        "import sys\nprint('ready', flush=True)\nprint(sys.stdin.readline(), end='', flush=True)"
    )
    assert heard(box, 1) == [AgentMessage("one", b"ready")]
    process.send_signal(signal.SIGTERM)

    assert heard(box, 2) == [
        AgentMessage("one", b'{"kind": "stop"}'),
        LostAgent("one", "its job was signalled to end (SIGTERM)", "lost"),
    ]


def test_a_run_whose_coordinator_is_gone_has_processes_as_long_as_a_job_runs(start, tmp_path):
    box, process = start("import sys; print('ready', flush=True); sys.stdin.read(1)")
    assert heard(box, 1) == [AgentMessage("one", b"ready")]

    assert [owner.pid for owner in at_work(tmp_path)] == [process.pid]
    box.send("one", b"\n")
    process.wait()
    assert at_work(tmp_path) == ()


def test_a_job_that_is_started_again_does_not_run_its_cells_twice(start):
    box, process = start()
    box.send("one", b"hello\n")
    assert heard(box, 1) == [AgentMessage("one", b"hello")]
    again = subprocess.run(process.args, capture_output=True, text=True, check=False)

    assert again.returncode == 1
    assert "this mailbox was used before" in again.stderr
    box.send("one", b"still here\n")
    assert heard(box, 1) == [AgentMessage("one", b"still here")]


def test_agents_of_a_coordinator_that_is_gone_end_after_their_cells_and_others_stay(
    start, monkeypatch, tmp_path
):
    monkeypatch.setattr(mailbox_module.os, "getpid", lambda: 999_999_999)
    old, _ = start()
    monkeypatch.undo()
    with present(tmp_path):
        alive, _ = start(agent="two")
        FileMailbox(tmp_path, AgentCommand(("true",), Path.cwd())).make("three")
        alive.send("two", b"here\n")

        assert heard(old, 1)[0] == AgentMessage("one", b'{"kind": "end"}')
        assert heard(alive, 1) == [AgentMessage("two", b"here")]
