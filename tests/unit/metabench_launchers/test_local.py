"""Child processes as agents: how each kind of end is reported, and that none is left."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from metabench.api import AgentCommand, LostAgent
from metabench_launchers.local import Local
from metabench_launchers.options import LocalOptions

WAITS = "import sys; sys.stdin.read()"


@pytest.fixture
def local():
    """Return what opens a launcher whose agents run a program, and closes it in the end."""
    opened = []

    def local(program=WAITS, **options):
        command = AgentCommand((sys.executable, "-c", program), Path.cwd())
        opened.append(Local(LocalOptions(**options), command))
        return opened[-1]

    yield local
    for one in opened:
        one.close()


def first(launcher):
    """Return the first thing that is heard."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for one in launcher.receive(1):
            return one
    raise AssertionError("nothing was heard")


@pytest.mark.parametrize(
    ("program", "reason", "cause"),
    [
        ("raise SystemExit(3)", "exit code 3", "died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9", "died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "signal 15", "stopped"),
    ],
)
def test_an_agent_that_ends_is_lost_for_the_reason_that_the_kernel_gives(
    local, program, reason, cause
):
    launcher = local(program)
    launcher.start("one")

    assert first(launcher) == LostAgent("one", reason, cause)


def test_agents_get_the_gpus_by_turns(local):
    launcher = local("import os; print(os.environ['CUDA_VISIBLE_DEVICES'])", gpus=(2, 5))
    for agent in ("a", "b", "c"):
        launcher.start(agent)
    lines = {}
    while len(lines) < 3:
        for one in launcher.receive(60):
            if not isinstance(one, LostAgent):
                lines[one.agent] = one.line

    assert lines == {"a": b"2", "b": b"5", "c": b"2"}


def test_closing_ends_an_agent_that_does_not_listen(local, monkeypatch):
    monkeypatch.setattr("metabench_launchers.local._ENDING", 0.2)
    launcher = local("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    launcher.start("one")
    process = int(first(launcher).line)
    launcher.close()

    with pytest.raises(ProcessLookupError, match="No such process"):
        os.kill(process, 0)


def test_an_agent_that_hangs_writes_its_stacks_before_it_is_ended(local, tmp_path):
    log = tmp_path / "stacks"
    launcher = local(
        "import faulthandler, signal, time\n"
        f"faulthandler.register(signal.SIGUSR1, file=open({str(log)!r}, 'w'))\n"
        "def stuck(): print('here', flush=True); time.sleep(600)\nstuck()"
    )
    launcher.start("one")
    first(launcher)
    launcher.end("one", stacks=True)

    assert first(launcher) == LostAgent("one", f"signal {signal.SIGKILL.value}", "died")
    assert "in stuck" in log.read_text()
