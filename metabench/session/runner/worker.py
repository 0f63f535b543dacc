"""A process that runs cells: its cells come in, its events go out, through one pipe."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from functools import partial
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING, Any, final

from metabench.api.events import CellEnded, CellStarted
from metabench.errors import CellError, MetabenchError
from metabench.import_path import protect_children
from metabench.plugin.local import register_local_files
from metabench.session.runner.claim import claim

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.plugin.local import LocalFile
    from metabench.session.cell.context import WorkerContext
    from metabench.session.runtime import Assignment

__all__ = ["Worker", "WorkerLostError", "WorkerStoppedError"]


class WorkerLostError(CellError):
    """The process that ran a cell is gone."""

    status = "error"


class WorkerOverdueError(WorkerLostError):
    """The process that ran a cell had to be ended, because the cell took too long."""

    status = "timeout"


class WorkerStoppedError(WorkerLostError):
    """Somebody ended the process that ran a cell, so that the cell is still to be run."""

    status = "interrupted"


_GRACE = 5.0  # seconds that a cell has to end itself and to leave a record of it
_STARTING = 120.0  # seconds that a process has to load what it needs before its first cell
_ENDING = 5.0  # seconds that a process without a cell has to end by itself
_WRITING = 0.5  # seconds that a process has to write its stacks down

_PARENTS = [signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
"""Signals that a terminal sends to all its processes; the parent says what they mean."""

_SPENT = "spent"
"""What a process says before the end of its last cell: its device has failed."""
_STOPPED = {-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}


@final
class Worker:
    """A worker process as its parent sees it; it ends with its parent, however that ends."""

    def __init__(self, assignment: Assignment) -> None:
        protect_children()
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(assignment.files, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        self.cell: Cell | None = None
        self.attempt = 1
        self._limits = assignment.limits
        self._given = self._heard = 0.0
        self._began: float | None = None
        self._exceeded = ""
        self._asked = False
        self.spent = False
        self._send(assignment)

    @property
    def wall_seconds(self) -> float:
        """Time since it was handed its cell."""
        return time.monotonic() - self._given

    def give(self, cell: Cell, attempt: int = 1) -> None:
        """Hand it a cell, for the first time or once more."""
        self.cell, self.attempt = cell, attempt
        self._given = self._heard = time.monotonic()
        self._began = None
        self._send((cell.key, attempt))

    def end_if_overdue(self) -> None:
        """End the process where its cell should have ended itself; `receive` will say so."""
        now = time.monotonic() - (_GRACE if self._began else _STARTING)
        taken = 0.0 if self._began is None else now - self._began
        found = self._limits.exceeded(taken=taken, silent=now - self._heard)
        if self.cell is None or self._exceeded or not found or self._process.pid is None:
            return
        self._exceeded = found
        if self._began is not None:  # before, nobody there takes this signal for a question
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGUSR1)
            time.sleep(_WRITING)
        self._process.kill()

    def ask_to_stop(self) -> None:
        """Have it stop after its step, where it has a cell; asking once is enough."""
        if self.cell is not None and not self._asked:
            self._asked = True
            self._send(None)

    def receive(self) -> Any:
        """Return the next event, or the error that the run has to stop for.

        Raises:
            WorkerLostError: the process is gone.
        """
        try:
            message = self.pipe.recv()
            self._heard = time.monotonic()
            if message == _SPENT:
                self.spent = True
                message = self.pipe.recv()
            if isinstance(message, CellStarted):
                self._began = self._heard
        except (EOFError, OSError) as error:
            self._process.join(5)
            code = self._process.exitcode
            if self._exceeded:
                raise WorkerOverdueError(
                    f"{self._exceeded}, and its process had to be ended",
                    where=self.cell.name if self.cell else "",
                    hint="see in the cell's log.txt where it was; --cell-timeout SECONDS gives it"
                    " longer",
                ) from error
            lost = WorkerStoppedError if code in _STOPPED else WorkerLostError
            raise lost(
                f"the process that ran it is gone ({_how(code)})",
                hint="see whether the machine ran out of memory, and run it with fewer --jobs, or"
                " with --retries N",
            ) from error
        return message

    def dismiss(self) -> None:
        """Tell the process, where it has no cell, to put away what it made and to end."""
        if self.cell is None:
            self._send(None)

    def stop(self) -> None:
        """End the process; one that was dismissed ends by itself, if it is quick."""
        if self.cell is None:
            self._process.join(_ENDING)
        self.pipe.close()
        self._process.terminate()
        self._process.join(5)

    def _send(self, message: Any) -> None:
        with suppress(OSError):  # it is gone; `receive` will say so
            self.pipe.send(message)


def _how(code: int | None) -> str:
    """Return how a process ended; the kernel kills with signal 9 where memory runs out."""
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _serve(files: tuple[LocalFile, ...], pipe: Connection) -> None:
    for number in _PARENTS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    register_local_files(files)  # before anything arrives that is made of their classes
    try:
        assignment: Assignment = pipe.recv()

        from metabench.session.cell.context import open_context  # noqa: PLC0415  (torch loads here)
        from metabench.session.cell.run import run_cell  # noqa: PLC0415

        context = open_context(assignment)
        while not context.faulted:
            given = pipe.recv()
            if given is None:
                return  # dismissed, or asked to stop just when the cell before had ended
            key, number = given
            cell = assignment.cells[key]
            # While a cell runs, the parent has nothing to say but that it should stop.
            with claim(cell, context.store, assignment.seen.get(key)) as elsewhere:
                if elsewhere is None:
                    run_cell(
                        cell,
                        context,
                        emit=partial(_tell, pipe, context),
                        stop=pipe.poll,
                        number=number,
                    )
            if elsewhere is not None:
                pipe.send(elsewhere)
    except MetabenchError as error:
        pipe.send(error)
    except (EOFError, OSError):
        return  # the parent has closed the pipe


def _tell(pipe: Connection, context: WorkerContext, event: Event) -> None:
    if context.faulted and isinstance(event, CellEnded):
        pipe.send(_SPENT)
    pipe.send(event)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
