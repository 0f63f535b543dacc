"""The observer: it starts the tracker's process and names the cells that it should look at."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import final

from metabench.api import CellEnded, CellStarted, RunEnded, RunStarted, hookimpl
from metabench.errors import PluginError
from metabench_trackers.tracked import END, PROBLEM, RUN

__all__ = ["Tracking", "mlflow", "wandb"]

_PATIENCE_SECONDS = 120.0


@final
class Tracking:
    """An observer whose tracker works in a separate process.

    Args:
        name: name of the observer, of its package, of its extra and of its folder in a run folder.

    Raises:
        PluginError: the tracker's package is not installed.
    """

    def __init__(self, name: str) -> None:
        if find_spec(name) is None:
            raise PluginError(
                f"observer {name!r} needs the package {name}, which is not installed",
                hint=f"pip install 'metabench[{name}]'",
            )
        self._name = name
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None

    @hookimpl
    def metabench_run_start(self, event: RunStarted) -> None:
        """Start the process; it begins with cells that ended when no tracker was looking."""
        self._folder = Path(event.folder)
        if not (self._folder / RUN).is_file():
            return
        self._process = subprocess.Popen(  # noqa: S603  (our own module)
            [sys.executable, "-P", "-m", __package__, self._name, event.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the run; the process ends by itself
        )
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)  # a run never waits for it

    @hookimpl
    def metabench_cell_start(self, event: CellStarted) -> None:
        """Name a cell to follow."""
        self._tell(event.key)

    @hookimpl
    def metabench_cell_end(self, event: CellEnded) -> None:
        """Name a cell that has ended."""
        self._tell(event.key)

    @hookimpl
    def metabench_run_end(self, event: RunEnded) -> None:
        """Let the process send the rest and the leaderboard, and wait for it.

        Raises:
            PluginError: it takes long.
        """
        del event
        self._tell(END)
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise PluginError(
                f"{self._name} has not ended after {_PATIENCE_SECONDS:.0f} s",
                hint="it continues in the background; rerun the command to send the rest",
            ) from None
        if process.returncode:
            raise self._problem()

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        pipe = self._process.stdin
        if self._process.poll():
            pipe.close()
            self._process = None
            raise self._problem()
        with suppress(BlockingIOError, BrokenPipeError):  # it looks at every cell at the end
            pipe.write(f"{line}\n".encode())
            pipe.flush()

    def _problem(self) -> PluginError:
        try:
            said = (self._folder / self._name / PROBLEM).read_text(encoding="utf-8")
        except OSError:
            said = "its process ended without a reason"
        return PluginError(
            f"{self._name}: {said}",
            hint="the run continues without it; rerun the command to send the rest",
        )


def wandb() -> Tracking:
    """Return the observer of Weights & Biases."""
    return Tracking("wandb")


def mlflow() -> Tracking:
    """Return the observer of MLflow."""
    return Tracking("mlflow")
