"""The sentence on what training examples are worth with the best method."""

from __future__ import annotations

import math
from collections.abc import Iterator

from metabench.api.leaderboard import Leaderboard
from metabench.leaderboard.equivalent import EquivalentExamples, equivalent_examples
from metabench.quantities import percent
from metabench.results.collect import Collected

__all__ = ["worth"]

_SHOWN = 3


def worth(collected: Collected, board: Leaderboard, method: str) -> Iterator[str]:
    """Yield how many examples the baseline needs to score as a method does, on up to 3 tasks."""
    found = [each for each in equivalent_examples(collected, board) if each.method == method]
    if not found:
        return
    first, *others = found[:_SHOWN]
    lead = (
        f"{method} scores as well with {first.examples:,} examples of {first.column.title} as"
        f" {first.baseline} with {_needed(first)}"
    )
    rest = [f"with {one.examples:,} of {one.column.title} as with {_needed(one)}" for one in others]
    more = [f"{len(found) - _SHOWN} more tasks"] * (len(found) > _SHOWN)
    brackets = any(one.interval for one in found[:_SHOWN])
    said = f" (in brackets the {percent(1 - board.alpha)} % confidence interval)" * brackets
    yield f"Equivalent examples{said}: {', '.join([lead, *rest, *more])}."


def _needed(each: EquivalentExamples) -> str:
    needed = _count(each.needed, each.largest)
    if each.interval is None:
        return needed
    low, high = (_count(end, each.largest) for end in each.interval)
    return needed if low == needed == high else f"{needed} [{low}, {high}]"


def _count(examples: float, largest: int) -> str:
    return f"more than {largest:,}" if math.isinf(examples) else f"{round(examples):,}"
