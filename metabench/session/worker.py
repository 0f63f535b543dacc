"""A process that runs cells: its cells come in, its events go out, through one pipe."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from typing import TYPE_CHECKING, Any, final

from metabench.errors import CellError, MetabenchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

    from metabench.plan.cell import Cell
    from metabench.session.runtime import Runtime
    from metabench.spec.model import ComputeSpec

__all__ = ["Assignment", "Worker", "WorkerLostError"]


class WorkerLostError(CellError):
    """The process that ran a cell is gone."""

    status = "error"


@final
@dataclass(frozen=True)
class Assignment:
    """All that a worker has to know."""

    folder: Path
    benchmark: str
    cells: Mapping[str, Cell]
    runtime: Runtime
    compute: ComputeSpec


@final
class Worker:
    """A worker process as its parent sees it; it ends with its parent, however that ends."""

    def __init__(self, assignment: Assignment) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_serve, args=(assignment, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        self.cell: Cell | None = None

    def give(self, cell: Cell) -> None:
        """Hand it a cell."""
        self.cell = cell
        self.pipe.send(cell.key)

    def receive(self) -> Any:
        """Return the next event, or the error that the run has to stop for.

        Raises:
            WorkerLostError: the process is gone.
        """
        try:
            return self.pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(5)
            raise WorkerLostError(
                f"the process that ran it is gone (exit code {self._process.exitcode})",
                where=f"cell {self.cell.name}" if self.cell else "worker",
                hint="see whether the machine ran out of memory, then run again",
            ) from error

    def stop(self) -> None:
        """End the process."""
        self.pipe.close()
        self._process.terminate()
        self._process.join(5)


def _serve(assignment: Assignment, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    threading.Thread(target=_end_with_parent, daemon=True).start()

    from metabench.session.bench import open_bench  # noqa: PLC0415  (torch loads here)
    from metabench.session.cell_run import run_cell  # noqa: PLC0415

    try:
        bench = open_bench(assignment)
        while True:
            cell = assignment.cells[pipe.recv()]
            run_cell(cell, bench, benchmark=assignment.benchmark, emit=pipe.send)
    except MetabenchError as error:
        pipe.send(error)
    except (EOFError, OSError):
        return  # the parent has closed the pipe


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
