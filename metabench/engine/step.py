"""The value that a training loop yields at each step, and the check that it is finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench.errors import DivergedError

if TYPE_CHECKING:
    from metabench.engine.snapshot import Snapshot

__all__ = ["StepDone", "require_finite"]


@final
@dataclass(frozen=True, slots=True)
class StepDone:
    """A completed step.

    Args:
        stage: ``pretrain``, ``meta`` or ``adapt``.
        step: which one, counted from 1.
        total: how many there are.
        scalars: values to log.
        snapshot: returns the state after this step, valid until the loop continues; None where the
            device is ahead.
    """

    stage: str
    step: int
    total: int
    scalars: Mapping[str, float] = field(default_factory=dict)
    snapshot: Callable[[], Snapshot] | None = field(default=None, compare=False, repr=False)


def require_finite(
    value: float, what: str, *, stage: str, step: int, task: str = "", by: str = ""
) -> None:
    """Raise before an update that would make the parameters non-finite.

    Args:
        value: the value to check.
        what: its name in the error.
        stage: of the cell.
        step: counted from 1.
        task: its task, if it belongs to one.
        by: the plugin that computed it from finite losses, such as ``maml of metabench 0.1.0``.

    Raises:
        DivergedError: the value is NaN or infinite.
    """
    if not math.isfinite(value):
        place = f"{stage} step {step}" + (f", task {task}" if task else "")
        place += f", {by}" if by else ""
        hint = "lower the learning rate (inner or outer)"
        if by:
            hint += ", or fix the algorithm: the losses of this step are finite"
        raise DivergedError(f"{what} is {value}", where=place, hint=hint)
