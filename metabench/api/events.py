"""The events of a run: values for observers and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

__all__ = [
    "CellEnded",
    "CellStarted",
    "EndedElsewhere",
    "Event",
    "Noticed",
    "Progressed",
    "RunEnded",
    "RunStarted",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that happened."""


@final
@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A run begins.

    Args:
        folder: path of the run folder.
        done: cells that are done already.
        planned: cells that are to be run.
    """

    folder: str
    done: int
    planned: int


@final
@dataclass(frozen=True, slots=True)
class CellStarted(Event):
    """A cell begins.

    Args:
        key: its key.
        name: its name.
    """

    key: str
    name: str


@final
@dataclass(frozen=True, slots=True)
class Progressed(Event):
    """A completed step of a cell.

    Args:
        key: key of the cell.
        stage: ``pretrain``, ``meta`` or ``adapt``.
        step: its number, from 1.
        total: the number of steps.
        scalars: measured values, such as ``loss_after``; read-only.
        name: name of the cell.
        folder: path of the cell's folder.
    """

    key: str
    stage: str
    step: int
    total: int
    scalars: Mapping[str, float] = field(default_factory=dict)
    name: str = ""
    folder: str = ""


@final
@dataclass(frozen=True, slots=True)
class CellEnded(Event):
    """The end of a cell.

    Args:
        key: its key.
        name: its name.
        status: ``ok``, the kind of failure, or ``skipped``.
        wall_seconds: its wall time.
        scores: in [-1, 1], by metric; only a fine-tune cell has some.
        message: the error.
        folder: path of its folder; empty where it did not start.
    """

    key: str
    name: str
    status: str
    wall_seconds: float
    scores: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    folder: str = ""


@final
@dataclass(frozen=True, slots=True)
class Noticed(Event):
    """A notice for the user, in one sentence; it is passed to no hook."""

    message: str


@final
@dataclass(frozen=True, slots=True)
class EndedElsewhere(Event):
    """A cell that this run was to run was ended by another process; no hook hears it here."""

    ended: CellEnded


@final
@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """A run is over.

    Args:
        folder: path of the run folder.
        counts: cells that were run, by status, and those ``skipped``.
    """

    folder: str
    counts: Mapping[str, int]
