"""The gaps of a table in sentences: failed, missing, collapsed and saturated scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabench.api.leaderboard import Leaderboard, LeaderboardScore
from metabench.leaderboard.columns import AVERAGE
from metabench.leaderboard.conclusion.wording import lacks, title
from metabench.quantities import named, plural

__all__ = [
    "at_the_floor",
    "collapsed",
    "elsewhere",
    "failed",
    "floor_places",
    "missing",
    "saturated",
    "saturated_columns",
]

_MOST_PLACES = 2
"""Groups of methods at the floor that are named; the caption names all."""
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
        row.method
        for row in board.rows
        if any(
            score.status == "missing" and column.role != AVERAGE
            for column, score in zip(board.columns, row.scores, strict=True)
        )
    ]
    if names:
        yield f"Not complete: {named(names)} {lacks(names)} scores that have not been run."


def collapsed(board: Leaderboard) -> Iterator[str]:
    """Yield which runs predict a single class, with their denominators."""
    places = [
        (row.method, column, score)
        for row in board.rows
        for column, score in zip(board.columns, row.scores, strict=True)
    ]
    lines = [
        f"{method} on {title(column)} ({score.collapsed}/{score.runs}{_compared(score, board)})"
        for method, column, score in places
        if score.collapsed
    ]
    if lines:
        yield f"Collapsed runs: {named(lines)}."
    resting = [
        f"{method} against {difference.baseline} on {title(column)}"
        for method, column, score in places
        for difference in score.differences
        if difference.only_collapsed
    ]
    if resting:
        yield f"Without the collapsed runs no interval excludes 0: {named(resting)}."


def _compared(score: LeaderboardScore, board: Leaderboard) -> str:
    """Return how the collapsed runs compare with those of the first baseline."""
    found = score.difference(board.baselines[0]) if board.baselines else None
    if found is None or found.collapse_p is None:
        return ""
    return f"; McNemar p {found.collapse_p:.2g} against {found.baseline}"


def at_the_floor(board: Leaderboard) -> Iterator[str]:
    """Yield the scores that are not significantly better than the majority class."""
    found = "; ".join(places := floor_places(board))
    if len(places) > _MOST_PLACES:
        scores = [row.scores for row in board.rows]
        low = {
            title(column): count
            for index, column in enumerate(board.columns)
            if (count := sum(each[index].floor for each in scores))
        }
        found = f"{sum(low.values())} scores on {named(list(low))}"
    if found:
        yield f"Not significantly better than the majority class: {found}."


def floor_places(board: Leaderboard) -> list[str]:
    """Return who is at the floor on which column, as ``BERT and MAML on RTE``."""
    methods: dict[tuple[str, ...], list[str]] = {}
    for index, column in enumerate(board.columns):
        low = tuple(row.method for row in board.rows if row.scores[index].floor)
        if low:
            methods.setdefault(low, []).append(title(column))
    return [
        f"{'every method' if 1 < len(low) == len(board.rows) else named(low)} on {named(columns)}"
        for low, columns in methods.items()
    ]


def saturated(board: Leaderboard) -> Iterator[str]:
    """Yield the columns in which every method reaches the top of the scale."""
    if found := saturated_columns(board):
        yield f"Saturated: on {named(found)} every method reaches the top of the scale."


def saturated_columns(board: Leaderboard) -> list[str]:
    """Return the titles of the columns in which every method reaches the top of the scale."""
    return [
        title(column)
        for index, column in enumerate(board.columns)
        if column.percent and not column.error
        if _at_the_top([row.scores[index].mean for row in board.rows])
    ]


def elsewhere(board: Leaderboard) -> Iterator[str]:
    """Yield that published numbers are not compared by a test."""
    if board.published:
        yield "Numbers reported elsewhere are shown for comparison and never tested."


def _at_the_top(means: Sequence[float | None]) -> bool:
    known = [mean for mean in means if mean is not None]
    return len(known) > 1 and min(known) >= _SATURATED
