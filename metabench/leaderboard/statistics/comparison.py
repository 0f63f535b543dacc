"""Paired comparisons of a method with a baseline over a family of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from metabench.api.leaderboard import Verdict
from metabench.leaderboard.statistics.power import detectable_difference
from metabench.leaderboard.statistics.significance import SAME, holm, reaches, sign_flip_p
from metabench.leaderboard.statistics.summary import student_interval, summarise

__all__ = ["Comparison", "compare_family", "improvement"]


@final
@dataclass(frozen=True, slots=True)
class Comparison:
    """The statistics of paired differences; see `metabench.api.leaderboard.Difference`."""

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
    interval = student_interval(values, alpha=alpha)
    shown = p if interval and reaches(summary.n, alpha=alpha, tests=tests) else None
    spread = summary.deviation
    return Comparison(
        mean=summary.mean,
        interval=interval,
        n=summary.n,
        p=shown,
        improvement=improvement(values),
        detectable=(
            None
            if shown is None or spread is None
            else detectable_difference(spread, n=summary.n, alpha=alpha, tests=tests)
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
