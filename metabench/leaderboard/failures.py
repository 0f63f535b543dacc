"""Differences with failed runs counted as the majority class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean

from metabench.api.leaderboard import Leaderboard, LeaderboardColumn
from metabench.leaderboard.conclusion.wording import points, title
from metabench.leaderboard.reference import MAJORITY, references_of
from metabench.leaderboard.statistics.summary import paired_values, student_interval
from metabench.quantities import percent
from metabench.results.collect import Collected

__all__ = ["failures_as_majority"]


def failures_as_majority(collected: Collected, board: Leaderboard) -> Iterator[str]:
    """Yield the differences between methods of which one has failed runs.

    A run that was not made stays missing; without a recorded score of the majority class, nothing
    is yielded.
    """
    majority = references_of(collected).get(MAJORITY, {})
    found = []
    for index, column in enumerate(board.columns):
        failing = {row.method for row in board.rows if row.scores[index].failed}
        for baseline in board.baselines if column.name in majority else ():
            for row in board.rows:
                if row.method != baseline and failing & {row.method, baseline}:
                    theirs, ours = (
                        _filled(collected, majority[column.name], method, column)
                        for method in (baseline, row.method)
                    )
                    if pairs := paired_values(ours, theirs):
                        said = f"{row.method} minus {baseline} on {title(column)}"
                        found.append(f"{said} {_with_interval(pairs, column, board.alpha)}")
    if found:
        yield f"With failed runs counted as the majority class: {'; '.join(found)}."


def _filled(
    collected: Collected,
    majority: Mapping[int, float],
    method: str,
    column: LeaderboardColumn,
) -> Mapping[int, float]:
    """Return the score by meta seed, with the majority class for runs that failed."""
    metric = next(each.metric for each in collected.note.columns if each.name == column.name)
    seeds: dict[int, list[float | None]] = {}
    for use in collected.note.uses:
        if (use.method, use.column) == (method, column.name):
            result, score = collected.results.get(use.key), None
            if result is not None:
                score = result.scores.get(metric)
            elif use.key in collected.failures:
                score = majority.get(use.meta_seed)
            seeds.setdefault(use.meta_seed, []).append(score)
    return {
        seed: fmean(known)
        for seed, scores in seeds.items()
        if len(known := [score for score in scores if score is not None]) == len(scores)
    }


def _with_interval(pairs: list[float], column: LeaderboardColumn, alpha: float) -> str:
    mean, interval = points(fmean(pairs), column), student_interval(pairs, alpha=alpha)
    if interval is None:
        return f"{mean} (n = {len(pairs)})"
    low, high = (points(end, column).partition(" ")[0] for end in interval)
    return f"{mean} ({percent(1 - alpha)} % CI {low} to {high}, n = {len(pairs)})"
