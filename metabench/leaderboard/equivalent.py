"""Equivalent examples: how many training examples a baseline needs to reach a method's score."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import final

from metabench.api.leaderboard import Leaderboard, LeaderboardColumn, LeaderboardRow
from metabench.results.collect import Collected
from metabench.results.score_lines import column_sizes

__all__ = ["EquivalentExamples", "equivalent_examples", "examples_for"]

_FEWEST = 2


@final
@dataclass(frozen=True, slots=True)
class EquivalentExamples:
    """The worth of a size's examples with a method, in examples of the baseline.

    Args:
        method: the method.
        baseline: the first baseline.
        column: the size of the task at which the method is better than the baseline.
        examples: training examples of that size.
        needed: examples with which the baseline has the same score; infinite beyond its largest.
        interval: those for the ends of the confidence interval of the paired difference; None
            without one.
        largest: examples of the largest size.
    """

    method: str
    baseline: str
    column: LeaderboardColumn
    examples: int
    needed: float
    interval: tuple[float, float] | None
    largest: int


def equivalent_examples(collected: Collected, board: Leaderboard) -> Iterator[EquivalentExamples]:
    r"""Yield them for each method and task of several sizes, at the smallest one.

    With b(n) the mean of the baseline for n examples, linear in log n between the sizes, and d the
    mean of the paired differences at the smallest size :math:`n_0`, it is the n for which

    .. math:: b(n) = b(n_0) + d

    The interval takes the ends of that of d: it counts meta seeds, and takes b as known. A
    difference of 0 or worse yields nothing.
    """
    rows = {row.method: row for row in board.rows}
    base = rows.get(board.baselines[0]) if board.baselines else None
    for sizes in _tasks(collected, board).values():
        curve = {} if base is None else _curve(base, sizes, board)
        if base is None or len(curve) < _FEWEST:
            continue
        smallest = min(curve)
        at = sizes[smallest]
        sign = -1.0 if board.columns[at].error else 1.0
        for row in board.rows:
            found = row.scores[at].difference(base.method)
            if found is None or sign * found.mean <= 0:
                continue
            ends = None if found.interval is None else sorted(sign * end for end in found.interval)
            reached = [
                examples_for(curve[smallest] + gain, curve)
                for gain in (sign * found.mean, *(ends or ()))
            ]
            yield EquivalentExamples(
                method=row.method,
                baseline=base.method,
                column=board.columns[at],
                examples=smallest,
                needed=reached[0],
                interval=None if ends is None else (reached[1], reached[2]),
                largest=max(curve),
            )


def examples_for(score: float, curve: Mapping[int, float]) -> float:
    """Return the examples with which a curve reaches a score, linear in their logarithm.

    Args:
        score: to be reached; higher is better.
        curve: score by number of examples. Where it falls, its highest value so far counts.

    Returns:
        At least the smallest number of the curve; infinite where the score is never reached.
    """
    sizes = sorted(curve)
    reached = list(accumulate((curve[size] for size in sizes), max))
    if score <= reached[0]:
        return float(sizes[0])
    for (low, high), (below, above) in zip(pairwise(sizes), pairwise(reached), strict=True):
        if below < score <= above:
            share = (score - below) / (above - below)
            return math.exp(math.log(low) + share * math.log(high / low))
    return math.inf


def _tasks(collected: Collected, board: Leaderboard) -> Mapping[str, Mapping[int, int]]:
    """Return the index of each column by task and number of training examples."""
    counts = column_sizes(collected)
    tasks = {column.name: column.task for column in collected.note.columns}
    found: dict[str, dict[int, int]] = {}
    for index, column in enumerate(board.columns):
        if column.name in counts:
            found.setdefault(tasks[column.name], {})[counts[column.name]] = index
    return found


def _curve(
    row: LeaderboardRow, sizes: Mapping[int, int], board: Leaderboard
) -> Mapping[int, float]:
    """Return the baseline's score by number of examples, so that higher is better."""
    means = {size: row.scores[index].mean for size, index in sizes.items()}
    signs = {size: -1.0 if board.columns[index].error else 1.0 for size, index in sizes.items()}
    return {size: signs[size] * mean for size, mean in means.items() if mean is not None}
