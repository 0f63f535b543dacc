"""What surrounds a run: where data, tokens and results lie, and what computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from pathlib import Path

    from metabench.api.events import CellEnded
    from metabench.tasks.hub import Hub

__all__ = ["Asked", "RunSummary", "Runtime"]


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
    """

    hub: Hub
    device: str
    jobs: int
    cache: Path | None
    command: tuple[str, ...] = ()
    cell_timeout: float | None = None
    retries: int = 0
    allow_drift: bool = False


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """Which benchmark a cell is run for, as its record says it: name and hash of all settings."""

    name: str
    spec_hash: str


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
