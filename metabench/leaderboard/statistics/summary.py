"""Summaries over the runs of a method: means, spreads, paired differences, averages.

The replicate is the meta seed. Fine-tuning seeds nest in it and are averaged first; they never
count as n. Nothing is imputed: missing values make n smaller or a value absent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

__all__ = [
    "FEWEST_PAIRS",
    "Summary",
    "average_tasks",
    "paired_t",
    "paired_t_p",
    "paired_values",
    "student_interval",
    "summarise",
]

FEWEST_PAIRS = 3
"""Pairs below which there is no interval, no p-value and no mark."""
_SAME = 1e-12
"""A spread below this part of the largest value is rounding."""


@final
@dataclass(frozen=True, slots=True)
class Summary:
    """Mean and standard deviation (n - 1 in the denominator, None below two values)."""

    mean: float
    deviation: float | None
    n: int


def summarise(values: Sequence[float]) -> Summary | None:
    """Return mean and standard deviation, None where there is no value."""
    if not values:
        return None
    return Summary(_mean(values), _deviation(values), len(values))


def paired_values(ours: Mapping[int, float], theirs: Mapping[int, float]) -> list[float]:
    """Return ours minus theirs for the meta seeds that both have, in the order of the seeds."""
    return [ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())]


def student_interval(values: Sequence[float], *, alpha: float) -> tuple[float, float] | None:
    r"""Return the two-sided Student t interval of the mean.

    None below three values, and where they do not differ: a width of 0 would claim certainty.

    .. math:: \bar d \pm t_{n-1,\,1-\alpha/2}\; s / \sqrt n

    Source: Student 1908. It keeps its coverage at 3 to 5 values, where a percentile bootstrap
    does not.
    """
    deviation = _spread(values)
    if deviation is None:
        return None
    from scipy.special import stdtrit  # noqa: PLC0415  (scipy.stats takes a second to load)

    mean, n = _mean(values), len(values)
    half = float(stdtrit(n - 1, 1 - alpha / 2)) * deviation / math.sqrt(n)
    return mean - half, mean + half


def paired_t(differences: Sequence[float]) -> float | None:
    r"""Return the absolute t statistic of paired differences.

    .. math:: |t| = |\bar d| \sqrt n / s

    None below three pairs and without spread; 0 where the differences are all 0.
    """
    if len(differences) >= FEWEST_PAIRS and not any(differences):
        return 0.0
    deviation = _spread(differences)
    if deviation is None:
        return None
    return abs(_mean(differences)) * math.sqrt(len(differences)) / deviation


def paired_t_p(differences: Sequence[float]) -> float | None:
    r"""Return the two-sided p-value of the paired t test.

    .. math:: p = 2 \, P(T_{n-1} > |\bar d| \sqrt n / s)

    None below three pairs and without spread; 1 where the differences are all 0.

    Source: Student 1908.
    """
    statistic = paired_t(differences)
    if statistic is None:
        return None
    from scipy.special import stdtr  # noqa: PLC0415  (scipy.stats takes a second to load)

    return 2 * float(stdtr(len(differences) - 1, -statistic))


def average_tasks(tasks: Sequence[Mapping[int, float]]) -> Mapping[int, float]:
    """Return the macro average by meta seed, only for seeds that every task has."""
    if not tasks:
        return {}
    shared = set.intersection(*(set(task) for task in tasks))
    return {seed: _mean([task[seed] for task in tasks]) for seed in sorted(shared)}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _spread(values: Sequence[float]) -> float | None:
    """Return the standard deviation of three or more values that differ by more than rounding."""
    deviation = _deviation(values) if len(values) >= FEWEST_PAIRS else None
    if deviation is None or deviation <= _SAME * max(1.0, *map(abs, values)):
        return None
    return deviation


def _deviation(values: Sequence[float]) -> float | None:
    if len(values) < 2:  # noqa: PLR2004  (one value has no spread)
        return None
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
