"""Paired comparisons of a method with a baseline over a family of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metabench.api.leaderboard import Difference, Verdict
from metabench.leaderboard.statistics.power import detectable_effect
from metabench.leaderboard.statistics.significance import SAME, holm, reaches, sign_flip_p
from metabench.leaderboard.statistics.summary import student_interval, summarise

__all__ = ["compare_family", "improvement"]


def compare_family(
    differences: Mapping[str, Sequence[float]], *, baseline: str, tests: int, alpha: float
) -> Mapping[str, Difference]:
    """Return the comparison of each column of a family that has a pair.

    Args:
        differences: paired differences by column.
        baseline: the method that was subtracted.
        tests: columns of the family, also those without a pair: leaving a column out must not make
            the others' p smaller.
        alpha: of intervals and verdicts.
    """
    paired = {name: values for name, values in differences.items() if values}
    adjusted = holm([sign_flip_p(values) for values in paired.values()], tests=tests)
    return {
        name: _difference(values, baseline, p, tests=max(tests, len(paired)), alpha=alpha)
        for (name, values), p in zip(paired.items(), adjusted, strict=True)
    }


def _difference(
    values: Sequence[float], baseline: str, p: float, *, tests: int, alpha: float
) -> Difference:
    summary = summarise(values)
    assert summary is not None  # noqa: S101  (there is a pair)
    interval = student_interval(values, alpha=alpha)
    shown = p if interval and reaches(summary.n, alpha=alpha, tests=tests) else None
    effect = None if shown is None else detectable_effect(summary.n, alpha, tests)
    return Difference(
        baseline=baseline,
        mean=summary.mean,
        interval=interval,
        n=summary.n,
        p=shown,
        improvement=improvement(values),
        detectable=None if effect is None else effect * (summary.deviation or 0.0),
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
