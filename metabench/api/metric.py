"""The descriptor of a metric; import-light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

__all__ = ["MetricInfo"]


@final
@dataclass(frozen=True, slots=True)
class MetricInfo:
    """A cheap descriptor of a metric.

    Args:
        name: its name in task cards.
        target: ``package.module:function``; the function takes (labels, outputs), both numpy
            arrays: labels [examples] (class indices, or numbers for regression), outputs [examples,
            classes] or, for regression, [examples, 1]; it returns one finite float.
        title: its title in a leaderboard.
        percent: whether a leaderboard shows 100 times the value.
        error: whether it is an error, where lower is better, without an upper bound; such a metric
            is computed and shown, but methods cannot be ranked by it.
        range: the lowest and the highest value; a cell whose score is outside fails. None: any.
        of: whether labels are classes or numbers; None where both do.
    """

    name: str
    target: str
    title: str
    percent: bool = True
    error: bool = False
    range: tuple[float, float] | None = None
    of: Literal["classes", "numbers"] | None = None
