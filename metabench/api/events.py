"""What a run tells while it goes: values for observers and for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

__all__ = ["CellEnded", "CellStarted", "Event", "Progressed", "RunEnded", "RunStarted"]


@dataclass(frozen=True, slots=True)
class Event:
    """Anything that happened."""


@final
@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A run begins: where it writes, how many cells are done and how many are to be run."""

    folder: str
    done: int
    planned: int


@final
@dataclass(frozen=True, slots=True)
class CellStarted(Event):
    """A cell begins."""

    key: str
    name: str


@final
@dataclass(frozen=True, slots=True)
class Progressed(Event):
    """A step of a cell is done: step counts from 1; scalars such as ``query_loss``."""

    key: str
    stage: str
    step: int
    total: int
    scalars: Mapping[str, float] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True)
class CellEnded(Event):
    """A cell has ended: its status, its scores in [-1, 1] by metric, and what went wrong."""

    key: str
    name: str
    status: str
    wall_seconds: float
    scores: Mapping[str, float] = field(default_factory=dict)
    message: str = ""


@final
@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """A run is over: cells by status."""

    folder: str
    counts: Mapping[str, int]
