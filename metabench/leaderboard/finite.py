"""No format shows a number that is none: what is not finite becomes a status or is left out."""

from __future__ import annotations

import math
from dataclasses import replace

from metabench.api.leaderboard import (
    Cost,
    Difference,
    Leaderboard,
    LeaderboardRow,
    LeaderboardScore,
)

__all__ = ["NOT_FINITE", "finite"]

NOT_FINITE = "not finite"
"""The status of a score whose mean is not a finite number."""


def finite(leaderboard: Leaderboard) -> Leaderboard:
    """Return the leaderboard without NaN and infinity; one that has none is returned as it is."""
    rows = tuple(_row(row) for row in leaderboard.rows)
    published = tuple(_row(row) for row in leaderboard.published)
    same = (rows, published) == (leaderboard.rows, leaderboard.published)
    return leaderboard if same else replace(leaderboard, rows=rows, published=published)


def _row(row: LeaderboardRow) -> LeaderboardRow:
    scores = tuple(_score(score) for score in row.scores)
    return replace(row, scores=scores, cost=row.cost and _cost(row.cost))


def _score(score: LeaderboardScore) -> LeaderboardScore:
    if not _is_number(score.mean):
        return replace(
            score,
            mean=None,
            deviation=None,
            status=NOT_FINITE,
            detail=score.detail or "the mean is not a finite number",
            differences=(),
            best=False,
        )
    kept = tuple(_difference(item) for item in score.differences if math.isfinite(item.mean))
    return replace(score, deviation=_number(score.deviation), differences=kept)


def _difference(difference: Difference) -> Difference:
    whole = difference.interval is not None and all(map(math.isfinite, difference.interval))
    return replace(
        difference,
        interval=difference.interval if whole else None,
        p=_number(difference.p),
        improvement=_number(difference.improvement),
        detectable=_number(difference.detectable),
    )


def _cost(cost: Cost) -> Cost | None:
    if not math.isfinite(cost.device_seconds):
        return None
    return replace(
        cost,
        gradients=_number(cost.gradients),
        hvps=_number(cost.hvps),
        examples=_number(cost.examples),
        tokens=_number(cost.tokens),
    )


def _number(value: float | None) -> float | None:
    return value if _is_number(value) else None


def _is_number(value: float | None) -> bool:
    return value is None or math.isfinite(value)
