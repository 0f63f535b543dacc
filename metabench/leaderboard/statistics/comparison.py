"""Paired comparisons: a method with a baseline over a family of columns, and ties in one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from metabench.api.leaderboard import Verdict
from metabench.leaderboard.statistics.power import detectable_difference
from metabench.leaderboard.statistics.significance import SAME, holm, reaches, sign_flip_p
from metabench.leaderboard.statistics.summary import paired_values, student_interval, summarise

__all__ = ["Comparison", "compare_family", "improvement", "pairs_of_rows", "tie_group"]

_ENOUGH = 2


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """What paired differences say; see `metabench.api.leaderboard.Difference` for the fields."""

    mean: float
    interval: tuple[float, float] | None
    n: int
    p: float | None
    improvement: float
    detectable: float | None
    verdict: Verdict


def compare_family(
    differences: Mapping[str, Sequence[float]], *, tests: int, alpha: float
) -> Mapping[str, Comparison]:
    """Return the comparison of each column of a family that has a pair.

    Args:
        differences: paired differences by column, one or more each.
        tests: columns of the family, also those without a pair: leaving a column out must not make
            the others' p smaller.
        alpha: of intervals and verdicts.
    """
    raw = {name: sign_flip_p(values) for name, values in differences.items()}
    adjusted = dict(zip(raw, holm(list(raw.values()), tests=tests), strict=True))
    return {
        name: _comparison(values, adjusted[name], tests=max(tests, len(raw)), alpha=alpha)
        for name, values in differences.items()
    }


def _comparison(values: Sequence[float], p: float, *, tests: int, alpha: float) -> Comparison:
    summary = summarise(values)
    assert summary is not None  # noqa: S101  (there is a pair)
    shown = p if reaches(summary.n, alpha=alpha, tests=tests) else None
    spread = summary.deviation
    return Comparison(
        mean=summary.mean,
        interval=student_interval(values, alpha=alpha),
        n=summary.n,
        p=shown,
        improvement=improvement(values),
        detectable=(
            None if spread is None else detectable_difference(spread, n=summary.n, alpha=alpha)
        ),
        verdict=_verdict(summary.mean, shown, alpha),
    )


def _verdict(mean: float, p: float | None, alpha: float) -> Verdict:
    if p is None or p > alpha:
        return "undecided"
    return "better" if mean > 0 else "worse"


def improvement(differences: Sequence[float]) -> float:
    """Return the share of differences above 0; one that is 0 but for rounding counts half.

    Source: Bouthillier et al. 2021, probability of outperforming, here over the pairs themselves.
    """
    above = sum(value > SAME for value in differences)
    equal = sum(abs(value) <= SAME for value in differences)
    return (above + equal / 2) / len(differences)


def tie_group(rows: Mapping[str, Mapping[int, float]], *, alpha: float) -> frozenset[str]:
    """Return the rows that may be the best: those that no other row is told to be above.

    A row is told to be above another where the sign-flip p of their pairs, times the number of
    pairs of rows, is at most alpha: the best is found by looking at all of them. Where so few seeds
    can never reach that, the Student t interval of 1 - alpha / (pairs of rows) decides, by lying
    above 0. Nothing is marked where the rows have one seed.

    Args:
        rows: score by meta seed, by row; rows without a score are in no group.
        alpha: chance that a row is left out though all are equally good.
    """
    scored = {name: values for name, values in rows.items() if values}
    if max(map(len, scored.values()), default=0) < _ENOUGH:
        return frozenset()
    means = {name: math.fsum(values.values()) / len(values) for name, values in scored.items()}
    order = sorted(scored, key=lambda name: -means[name])  # what is beaten is so by the first
    tests = pairs_of_rows(len(scored))
    return frozenset(
        name
        for name, values in scored.items()
        if not any(_is_above(scored[one], values, tests=tests, alpha=alpha) for one in order)
    )


def pairs_of_rows(rows: int) -> int:
    """Return how many pairs so many rows have; 1 where there is no pair."""
    return max(1, rows * (rows - 1) // 2)


def _is_above(
    one: Mapping[int, float], other: Mapping[int, float], *, tests: int, alpha: float
) -> bool:
    """Return whether one row is told to be above another, over the seeds that both have."""
    differences = paired_values(one, other)
    if not differences or math.fsum(differences) <= 0:
        return False
    if reaches(len(differences), alpha=alpha, tests=tests):
        return tests * sign_flip_p(differences) <= alpha
    interval = student_interval(differences, alpha=alpha / tests)
    return interval is not None and interval[0] > 0
