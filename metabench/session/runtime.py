"""What surrounds a run: where data, tokens and results lie, and what computes."""

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
    """How a run is carried out; none of it is part of a cell's key.

    Args:
        hub: where data sets and encoders come from.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        jobs: cells at a time, each in a process of its own where there is more than one.
        cache: folder of encoded rows; None keeps none.
        command: the command line, for the provenance.
        cell_timeout: seconds that a cell may take in one go; None is what the file says.
        retries: how often a cell is tried again whose failure may pass.
        allow_drift: whether to go on from a checkpoint of another machine or other versions.
        launcher: what starts the agents that run the cells.
        launcher_settings: its options, each ``KEY=VALUE``.
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


@final
@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run went.

    Args:
        counts: cells that were run, by status (``ok``, ``diverged``, …), and those ``skipped``.
        failures: how failed cells ended, in the order in which they did.
        left: cells that were not begun because the run gave up.
        differing: how cells ended that were run again and gave other numbers.
    """

    counts: dict[str, int]
    failures: tuple[CellEnded, ...] = ()
    left: int = 0
    differing: tuple[CellEnded, ...] = ()


@final
@dataclass(frozen=True)
class Assignment:
    """All that a worker has to know.

    ``benchmark`` is a name, ``spec_hash`` the hash of all settings, as records have them.
    ``files`` are plugins that are single files; the cells' options may be of classes in them.
    ``observers`` are those that are told of steps; each process has its own.
    ``seen`` says which records a cell had, by its key, when it was planned to be run.
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

    @property
    def limits(self) -> Limits:
        """How long a cell may take."""
        whole = self.runtime.cell_timeout or self.compute.cell_timeout
        return Limits(whole, self.compute.hang_seconds)


MAY_PASS = frozenset({"out_of_memory", "timeout", "plugin_error", "interrupted", "error"})
"""Failures that ``--retries`` tries again; the others end the same way each time."""

RESUMABLE = frozenset({"out_of_memory", "timeout"})
"""Failures that say nothing against the cell's last checkpoint, so that it stays."""


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
        """Return what is wrong with a cell that has taken so long; "" where nothing is.

        Args:
            taken: seconds since it began.
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
