"""The rules of wording: numbers, names and columns as a sentence has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metabench.api.leaderboard import Difference, LeaderboardColumn
from metabench.quantities import listed, score_text, signed_text

__all__ = [
    "best_mean",
    "detectable_points",
    "is_or_are",
    "lacks",
    "number",
    "points",
    "points_range",
    "title",
]


def is_or_are(names: Sequence[str]) -> str:
    """Return ``is`` for one name, ``are`` for more."""
    return "is" if len(names) == 1 else "are"


def lacks(names: Sequence[str]) -> str:
    """Return ``lacks`` for one name, ``lack`` for more."""
    return "lacks" if len(names) == 1 else "lack"


def best_mean(columns: Iterable[LeaderboardColumn]) -> str:
    """Return the best mean of a column: the highest, or the lowest error."""
    ends = {"lowest" if column.error else "highest" for column in columns}
    return f"{ends.pop()} mean" if len(ends) == 1 else "best mean"


def title(column: LeaderboardColumn) -> str:
    """Return a column's title, with the part that was trained on."""
    return f"{column.title} {column.label.partition(' = ')[0]}".strip()


def number(value: float | None, column: LeaderboardColumn) -> str:
    """Return a score as the table shows it."""
    assert value is not None  # noqa: S101  (only methods with a mean are listed)
    return score_text(value, percent=column.percent)


def points(value: float, column: LeaderboardColumn) -> str:
    """Return a difference with its sign and, where percent are shown, in points."""
    return signed_text(value, percent=column.percent) + " points" * column.percent


def points_range(places: Sequence[tuple[LeaderboardColumn, Difference]]) -> str:
    """Return the smallest and the largest difference of some columns."""
    low = min(places, key=lambda place: place[1].mean)
    high = max(places, key=lambda place: place[1].mean)
    if not all(column.percent for column, _ in places):
        return listed([points(found.mean, column) for column, found in places])
    ends = dict.fromkeys(f"{100 * found.mean:+.1f}" for _, found in (low, high))
    return f"{' to '.join(ends)} points"


def detectable_points(places: Iterable[tuple[LeaderboardColumn, Difference]]) -> str:
    """Return the minimum detectable effects as ``0.9 to 1.4``; "" where there are none."""
    sizes = [100 * each.detectable for column, each in places if column.percent and each.detectable]
    ends = (min(sizes), max(sizes)) if sizes else ()
    return " to ".join(dict.fromkeys(f"{end:.1f}" for end in ends))
