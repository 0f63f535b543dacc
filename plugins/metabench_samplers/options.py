"""What a benchmark file can say about a sampler."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metabench.api import Options

__all__ = ["MixedOptions", "PpsOptions", "UniformOptions"]


class UniformOptions(Options):
    """Nothing to choose."""


class PpsOptions(Options):
    """Nothing to choose."""


class MixedOptions(Options):
    """How an epoch is split between all tasks and the target task."""

    ratio: Annotated[int, Field(ge=1, le=1000)] = 2
    """Steps over all tasks per step on the target task alone: 2 is the paper's 2:1."""
