"""The execution environment of a run: folders, device, threads, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.plan.cell import Cell
from metabench.plugin.local import LocalFile
from metabench.plugin.observers import Observer
from metabench.spec.model.sections import ComputeSpec
from metabench.store.run_folder import Stamp
from metabench.tasks.hub import Hub

if TYPE_CHECKING:
    from metabench.api.events import CellEnded


__all__ = ["MAY_PASS", "RESUMABLE", "Assignment", "Limits", "RunSummary", "Runtime"]


@final
@dataclass(frozen=True, slots=True)
class Runtime:
    """The execution settings of a run; none of them is part of a cell's key.

    Args:
        hub: the source of datasets and encoders.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        jobs: cells at a time, each in a separate process if there are several.
        cache: folder of encoded examples; None disables it.
        command: the command line, for the provenance.
        cell_timeout: seconds that an attempt may take; None: the file's limit.
        retries: retries of a cell whose failure may be transient.
        allow_drift: whether to resume from a checkpoint of another environment.
        launcher: name of the launcher that starts the agents.
        launcher_settings: its options, each ``KEY=VALUE``.
        same_hardware: whether all cells have to be computed on one kind of processor and GPU.
    """

    hub: Hub
    device: str
    jobs: int
    cache: Path | None
    command: tuple[str, ...] = ()
    cell_timeout: float | None = None
    retries: int = 0
    allow_drift: bool = False
    launcher: str = "local"
    launcher_settings: tuple[str, ...] = ()
    same_hardware: bool = False


@final
@dataclass(frozen=True, slots=True)
class RunSummary:
    """The summary of a run.

    Args:
        counts: number of cells that ran, by status (``ok``, ``diverged``, …), and ``skipped`` ones.
        failures: the ends of failed cells, in order.
        left: cells that did not start because the run gave up.
        differing: the ends of cells that ran again with other numbers.
    """

    counts: dict[str, int]
    failures: tuple[CellEnded, ...] = ()
    left: int = 0
    differing: tuple[CellEnded, ...] = ()


@final
@dataclass(frozen=True)
class Assignment:
    """The assignment of a worker.

    ``benchmark`` is a name, ``spec_hash`` the hash of all settings, as in records. ``files`` are
    single-file plugins; the cells' options may be of classes in them. ``observers`` are notified of
    steps; each process has its own. ``seen`` are the records of each cell, by key, when the run was
    planned. ``checkout`` is what git knows of the command's working folder, for a process that is
    not in it; None is asked for where the process is.
    """

    folder: Path
    benchmark: str
    spec_hash: str
    cells: Mapping[str, Cell]
    runtime: Runtime
    compute: ComputeSpec
    files: tuple[LocalFile, ...] = ()
    observers: tuple[Observer, ...] = ()
    seen: Mapping[str, Stamp] = field(default_factory=dict)
    checkout: tuple[str | None, bool | None] | None = None

    @property
    def limits(self) -> Limits:
        """How long a cell may take."""
        whole = self.runtime.cell_timeout or self.compute.cell_timeout
        return Limits(whole, self.compute.hang_seconds)


MAY_PASS = frozenset({"out_of_memory", "timeout", "plugin_error", "interrupted", "error"})
"""Failures that ``--retries`` tries again; the others end the same way each time."""

RESUMABLE = frozenset({"out_of_memory", "timeout"})
"""Failures that leave the cell's last checkpoint valid, so that it stays."""


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """How long a cell may take.

    Args:
        cell_seconds: in one go; None is any time.
        hang_seconds: from one step to the next, or before the first and after the last one.
    """

    cell_seconds: float | None = None
    hang_seconds: float = 7200.0

    def exceeded(self, *, taken: float, silent: float) -> str:
        """Return the limit that a cell has exceeded; "" for none.

        Args:
            taken: seconds since its start.
            silent: seconds since its last step.
        """
        if self.cell_seconds is not None and taken >= self.cell_seconds:
            return f"took longer than {self.cell_seconds:g} seconds"
        if silent >= self.hang_seconds:
            return f"has not done a step for {self.hang_seconds:g} seconds"
        return ""

    def left(self, *, taken: float, silent: float) -> float:
        """Return the seconds until the first limit is reached, 0 where one is."""
        hang = self.hang_seconds - silent
        whole = hang if self.cell_seconds is None else self.cell_seconds - taken
        return max(0.0, min(hang, whole))
