"""The marks of a column: its highest mean, and what is not significantly worse than that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from metabench.leaderboard.statistics.significance import SAME, holm
from metabench.leaderboard.statistics.summary import (
    FEWEST_PAIRS,
    paired_t_p,
    paired_values,
    summarise,
)

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

    The highest mean is a fact, no claim. Each other method is compared with it by a paired t test,
    Holm-corrected over these k - 1 comparisons; where the corrected p-value is above alpha, the
    method is *not significantly worse than the highest*. A method with a higher mean than one that
    has this mark has it too. Where all methods would have it, none has: the seeds separate nothing.

    Nothing is marked for a single method, below 3 meta seeds, or where all means are equal.
    A comparison without spread has no p-value and gives no mark, unless the scores are identical.

    Args:
        methods: score by meta seed, by method; methods that lack a seed are not to be given.
        alpha: level of the tests.

    Source: Holm 1979. As the highest mean is chosen by looking, a method that is as good as all
    others is left out more often than alpha says; docs/statistics.md shows how often.
    """
    means = {
        name: summary.mean
        for name, scores in methods.items()
        if len(scores) >= FEWEST_PAIRS and (summary := summarise(list(scores.values())))
    }
    top = max(means.values(), default=0.0)
    highest = [name for name, mean in means.items() if top - mean <= SAME]
    others = [name for name in means if name not in highest]
    if not others:
        return Marks()
    close = _not_worse(methods, highest[0], others, alpha=alpha)
    least = min((means[name] for name in close), default=top)
    worse = frozenset(name for name in others if means[name] < least)
    return Marks(frozenset(highest), frozenset(others) - worse if worse else frozenset(), worse)


def _not_worse(
    methods: Mapping[str, Mapping[int, float]], highest: str, others: list[str], *, alpha: float
) -> set[str]:
    """Return the methods whose difference to the highest mean is tested and not significant."""
    pairs = {name: paired_values(methods[highest], methods[name]) for name in others}
    tested = {name: p for name, values in pairs.items() if (p := paired_t_p(values)) is not None}
    corrected = holm(list(tested.values()), tests=len(others))
    return {name for name, p in zip(tested, corrected, strict=True) if p > alpha}
