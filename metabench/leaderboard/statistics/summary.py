"""What several runs of one method add up to: means, spreads, paired differences, averages.

The replicate is the meta seed. Fine-tuning seeds nest in it and are averaged first; they never
count as n. Nothing is filled in: what is missing makes n smaller or a value absent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

__all__ = [
    "Paired",
    "Summary",
    "average_tasks",
    "paired_difference",
    "paired_values",
    "student_interval",
    "summarise",
]


@final
@dataclass(frozen=True, slots=True)
class Summary:
    """Mean and standard deviation (n - 1 in the denominator, None below two values)."""

    mean: float
    deviation: float | None
    n: int


@final
@dataclass(frozen=True, slots=True)
class Paired:
    """Mean of the paired differences and, from two pairs on, its interval."""

    mean: float
    interval: tuple[float, float] | None
    n: int


def summarise(values: Sequence[float]) -> Summary | None:
    """Return mean and standard deviation, None where there is no value."""
    if not values:
        return None
    return Summary(_mean(values), _deviation(values), len(values))


def paired_difference(
    ours: Mapping[int, float], theirs: Mapping[int, float], *, alpha: float
) -> Paired | None:
    """Return ours minus theirs over the meta seeds that both have, None where there is none."""
    differences = paired_values(ours, theirs)
    if not differences:
        return None
    interval = student_interval(differences, alpha=alpha)
    return Paired(_mean(differences), interval, len(differences))


def paired_values(ours: Mapping[int, float], theirs: Mapping[int, float]) -> list[float]:
    """Return ours minus theirs for the meta seeds that both have, in the order of the seeds."""
    return [ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())]


def student_interval(values: Sequence[float], *, alpha: float) -> tuple[float, float] | None:
    r"""Return the two-sided Student t interval of the mean, None below two values.

    .. math:: \bar d \pm t_{n-1,\,1-\alpha/2}\; s / \sqrt n

    Source: Student 1908. It keeps its coverage at 3 to 5 values, where a percentile bootstrap
    does not.
    """
    deviation = _deviation(values)
    if deviation is None:
        return None
    from scipy.special import stdtrit  # noqa: PLC0415  (scipy.stats takes a second to load)

    mean, n = _mean(values), len(values)
    half = float(stdtrit(n - 1, 1 - alpha / 2)) * deviation / math.sqrt(n)
    return mean - half, mean + half


def average_tasks(tasks: Sequence[Mapping[int, float]]) -> Mapping[int, float]:
    """Return the macro average by meta seed, only for seeds that every task has."""
    if not tasks:
        return {}
    shared = set.intersection(*(set(task) for task in tasks))
    return {seed: _mean([task[seed] for task in tasks]) for seed in sorted(shared)}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _deviation(values: Sequence[float]) -> float | None:
    if len(values) < 2:  # noqa: PLR2004  (one value has no spread)
        return None
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
