"""The marks of a column: its highest mean, and the methods not significantly worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from metabench.leaderboard.statistics.ranges import range_p
from metabench.leaderboard.statistics.significance import SAME
from metabench.leaderboard.statistics.summary import FEWEST_PAIRS, paired_values, summarise

__all__ = ["Marks", "marks"]


@final
@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a column.

    Args:
        highest: the methods with the highest mean.
        close: other methods that are not significantly worse than it; none where that is so for
            all of them.
        worse: the methods that are significantly worse, and those below them.
    """

    highest: frozenset[str] = frozenset()
    close: frozenset[str] = frozenset()
    worse: frozenset[str] = frozenset()


def marks(methods: Mapping[str, Mapping[int, float]], *, alpha: float) -> Marks:
    r"""Return the marks of a column.

    The highest mean is a fact, not a claim. The other methods are compared with it from the lowest
    mean upwards, by the paired t statistic against the studentized range of the k remaining
    methods; the first one with a p-value above alpha, and every method with a higher mean, is *not
    significantly worse than the highest*. If that holds for all, none is marked: the seeds separate
    nothing.

    Nothing is marked for a single method, below 3 meta seeds, or where all means are equal.
    A comparison without spread has no p-value and gives no mark, unless the scores are identical.

    Args:
        methods: score by meta seed, by method; without methods that lack a seed.
        alpha: level of the tests.

    Source: Newman 1939 and Keuls 1952 for the steps. As every step compares with the highest mean,
    one of several equally good methods is called worse in a share alpha of tables: that the highest
    and the lowest are chosen from the data is taken into account (ADR 0022).
    """
    means = {
        name: summary.mean
        for name, scores in methods.items()
        if len(scores) >= FEWEST_PAIRS and (summary := summarise(list(scores.values())))
    }
    top = max(means.values(), default=0.0)
    highest = [name for name, mean in means.items() if top - mean <= SAME]
    others = sorted((name for name in means if name not in highest), key=means.__getitem__)
    if not others:
        return Marks()
    worse: set[str] = set()
    for below, name in enumerate(others):
        pairs = paired_values(methods[highest[0]], methods[name])
        p = range_p(pairs, methods=len(means) - below)
        if p is not None and p > alpha:
            break
        worse.add(name)
    close = set(others) - worse if worse else set()
    return Marks(frozenset(highest), frozenset(close), frozenset(worse))
