"""What a table does not hold: failed, missing, collapsed and saturated scores, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabench.api.leaderboard import Leaderboard
from metabench.leaderboard.conclusion.wording import lacks, title
from metabench.quantities import named, plural

__all__ = ["collapsed", "failed", "missing", "saturated"]

_SATURATED = 0.995
"""Of the highest score that a metric shown in percent can have."""


def failed(board: Leaderboard) -> Iterator[str]:
    """Yield which methods have failed runs."""
    counts = {row.method: sum(score.failed for score in row.scores) for row in board.rows}
    lines = [f"{method} ({plural([count], 'run')})" for method, count in counts.items() if count]
    if lines:
        yield (
            f"Runs failed: {named(lines)}; a method with failed seeds is never called better:"
            " the completed seeds may be its easy ones."
        )


def missing(board: Leaderboard) -> Iterator[str]:
    """Yield which methods have scores that have not been run."""
    names = [
        row.method for row in board.rows if any(score.status == "missing" for score in row.scores)
    ]
    if names:
        yield f"Not complete: {named(names)} {lacks(names)} scores that have not been run."


def collapsed(board: Leaderboard) -> Iterator[str]:
    """Yield which runs predict a single class, with their denominators."""
    lines = [
        f"{row.method} on {title(column)} ({score.collapsed}/{score.runs})"
        for row in board.rows
        for column, score in zip(board.columns, row.scores, strict=True)
        if score.collapsed
    ]
    if lines:
        yield (
            f"Runs that predict a single class: {named(lines)}; means and intervals describe them"
            " badly."
        )


def saturated(board: Leaderboard) -> Iterator[str]:
    """Yield the columns in which every method reaches the top of the scale."""
    names = [
        title(column)
        for index, column in enumerate(board.columns)
        if column.percent and _at_the_top([row.scores[index].mean for row in board.rows])
    ]
    if names:
        yield f"Saturated: on {named(names)} every method reaches the top of the scale."


def _at_the_top(means: Sequence[float | None]) -> bool:
    known = [mean for mean in means if mean is not None]
    return len(known) > 1 and min(known) >= _SATURATED
