"""What a training loop yields at each step, and the check that it is finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from metabench.errors import DivergedError

__all__ = ["StepDone", "require_finite"]


@final
@dataclass(frozen=True, slots=True)
class StepDone:
    """A step is done: ``step`` counts from 1; scalars to log."""

    stage: str
    step: int
    total: int
    scalars: Mapping[str, float] = field(default_factory=dict)


def require_finite(value: float, what: str, *, stage: str, step: int, task: str = "") -> None:
    """Stop before an update that would poison the parameters.

    Raises:
        DivergedError: the value is NaN or infinite.
    """
    if not math.isfinite(value):
        place = f"{stage} step {step}" + (f", task {task}" if task else "")
        raise DivergedError(
            f"{what} is {value}", where=place, hint="lower the learning rate (inner or outer)"
        )
