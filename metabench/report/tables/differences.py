"""Every difference of a leaderboard as a line of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.report.figures.values import (
    column_name,
    interval_text,
    p_text,
    score_text,
    signed_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.api.leaderboard import Difference, Leaderboard

__all__ = ["DIFFERENCES", "difference_rows"]

DIFFERENCES = (
    *("method", "baseline", "column", "difference", "CI over seeds"),
    *("CI over seeds and evaluation examples", "probability of improvement", "p"),
    *("minimum detectable effect", "verdict"),
)
"""The headers."""


def difference_rows(board: Leaderboard) -> Iterator[tuple[Difference, tuple[str, ...]]]:
    """Yield each difference to a baseline with its texts, one a header."""
    for row in board.rows:
        for column, score in zip(board.columns, row.scores, strict=True):
            for each in (one for one in score.differences if one.baseline in board.baselines):
                size, percent = each.detectable, column.percent
                texts = (
                    row.method,
                    each.baseline,
                    column_name(column),
                    signed_text(each.mean, percent=percent),
                    interval_text(each.interval, percent=percent) or "-",
                    interval_text(each.crossed, percent=percent) or "-",
                    "-" if each.improvement is None else f"{each.improvement:.2f}",
                    p_text(each.p).removeprefix("p = ").removeprefix("p ") or "-",
                    "-" if size is None else score_text(size, percent=percent),
                    each.verdict,
                )
                yield each, texts
