"""Options of the samplers in a benchmark file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metabench.api import Options

__all__ = ["AdaptiveOptions", "MixedOptions", "PpsOptions", "TemperatureOptions", "UniformOptions"]


class UniformOptions(Options):
    """Nothing to choose."""


class PpsOptions(Options):
    """Nothing to choose."""


class MixedOptions(Options):
    """How an epoch is split between all tasks and the target task."""

    ratio: Annotated[int, Field(ge=1, le=1000)] = 2
    """Steps over all tasks per step on the target task alone: 2 is the paper's 2:1."""


class TemperatureOptions(Options):
    """How far apart large and small tasks are."""

    temperature: Annotated[float, Field(ge=1, le=1e6)] = 5.0
    """T: 1 draws in proportion to size, as ``pps``; the larger, the nearer to ``uniform``."""


class AdaptiveOptions(Options):
    """How closely draws follow the tasks' losses."""

    power: Annotated[float, Field(ge=0, le=100)] = 1.0
    """alpha: 0 is uniform; the larger, the more often a task is drawn that lags behind."""
    memory: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """How much of a task's mean loss is kept when it is drawn again."""
    uniform_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share of the draws in which every task is equally likely, so that none is forgotten."""
