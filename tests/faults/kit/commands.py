"""A process that has loaded everything and forks, so that a command begins in milliseconds."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from kit.served import Served

__all__ = ["CommandServer", "Running", "serve"]

_BUG = 70
_LOADED = (
    "metabench.cli.main", "metabench.cli.commands.run", "metabench.cli.running",
    "metabench.cli.views.leaderboard", "metabench.session.cell.context",
    "metabench.session.cell.run", "metabench.session.runner.run",
    "metabench.session.estimate.estimates", "metabench.session.estimate.refusal",
    "metabench_algorithms.joint", "metabench_algorithms.maml", "metabench_algorithms.reptile",
    "metabench_samplers.pps", "metabench_samplers.uniform", "metabench.report.formats.terminal",
    "torch._dynamo", "transformers.models.bert.modeling_bert", "sklearn.metrics", "scipy.stats",
    "pyarrow.parquet", "rich.table", "rich.progress", "transformers.data.data_collator",
)  # fmt: skip


@final
@dataclass(frozen=True)
class Running:
    """A command on its way: its process, and the file that has what it says on stderr."""

    pid: int
    errors: Path
    server: CommandServer

    def send(self, number: int) -> None:
        """Send it a signal; it has not been waited for, so that its number is its own."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Return its exit code, minus a signal, when it has ended."""
        while (code := self.poll()) is None:
            time.sleep(0.005)  # others may ask meanwhile
        return code

    def poll(self) -> int | None:
        """Return its exit code, minus a signal; None while it runs."""
        code: int | None = self.server.ask({"ended": self.pid})
        return code

    @property
    def said(self) -> str:
        """What it has said on stderr so far."""
        return self.errors.read_text(errors="replace")

    @property
    def printed(self) -> str:
        """What it has printed so far."""
        return Path(f"{self.errors}.out").read_text(errors="replace")


@final
class CommandServer(Served):
    """Runs metabench commands, each in a fork of one process with torch and one thread."""

    def __init__(self) -> None:
        super().__init__("kit.commands")
        self._number = 0
        self._said = tempfile.TemporaryDirectory()

    def close(self) -> None:
        """End the process."""
        super().close()
        self._said.cleanup()

    def start(
        self, folder: Path, *arguments: str, environment: Mapping[str, str | None] | None = None
    ) -> Running:
        """Begin ``metabench ARGUMENTS`` in a folder; a variable that is None is not set."""
        self._number += 1
        errors = Path(self._said.name, f"{self._number}.txt")
        errors.touch()  # it may be killed before it can say anything
        pid = self.ask({
            "arguments": arguments,
            "folder": str(folder),
            "errors": str(errors),
            "environment": dict(environment or {}),
        })  # fmt: skip
        return Running(pid, errors, self)

    def run(self, folder: Path, *arguments: str) -> Running:
        """Run a command to its end.

        Raises:
            AssertionError: it fails.
        """
        running = self.start(folder, *arguments)
        code = running.wait()
        assert code == 0, running.said
        return running

    def complete(
        self, folder: Path, *arguments: str, environment: Mapping[str, str | None]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; return it as `subprocess.run` does."""
        running = self.start(folder, *arguments, environment=environment)
        code = running.wait()
        return subprocess.CompletedProcess(arguments, code, running.printed, running.said)


def serve() -> None:
    """Answer one line of JSON after the other."""
    for name in _LOADED:
        importlib.import_module(name)
    ended: dict[int, int] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _ended(asked["ended"], ended) if "ended" in asked else _fork(asked)
        print(json.dumps(answer), flush=True)  # noqa: T201  (the answer)


def _ended(pid: int, ended: dict[int, int]) -> int | None:
    """Return the exit code of a fork, which is told as often as it is asked for."""
    if pid not in ended:
        gone, status = os.waitpid(pid, os.WNOHANG)
        if not gone:
            return None
        ended[pid] = os.waitstatus_to_exitcode(status)
    return ended[pid]


def _fork(asked: Mapping[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = _BUG
    try:
        code = _act(asked)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else _BUG
    except BaseException:  # noqa: BLE001  (told on stderr)
        traceback.print_exc()
    finally:
        os._exit(code)


def _act(asked: Mapping[str, Any]) -> int:
    from metabench.cli.main import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(asked["folder"])
    for name, value in asked["environment"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    sys.path[:0] = (asked["environment"].get("PYTHONPATH") or "").split(os.pathsep)
    sys.path[:] = dict.fromkeys(filter(None, sys.path))
    importlib.invalidate_caches()
    for name, number, flags in (
        (os.devnull, 0, os.O_RDONLY),
        (f"{asked['errors']}.out", 1, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (asked["errors"], 2, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        os.dup2(os.open(name, flags, 0o666), number)
    sys.argv = ["metabench", *asked["arguments"]]
    return main(list(asked["arguments"]))
