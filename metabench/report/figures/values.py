"""How numbers are written in figures: scores times 100 where they are shares, a true minus."""

from __future__ import annotations

from collections.abc import Iterable

from metabench import quantities
from metabench.api.leaderboard import LeaderboardColumn

__all__ = [
    "column_name",
    "drawn_values",
    "interval_text",
    "p_text",
    "score_text",
    "shown",
    "signed_text",
    "tick_text",
]

MINUS = "\N{MINUS SIGN}"


def shown(value: float, *, percent: bool) -> float:
    """Return the drawn value of a score."""
    return 100 * value if percent else value


def drawn_values(
    mean: float, interval: tuple[float, float] | None, *, percent: bool
) -> tuple[float, ...]:
    """Return mean and interval as drawn; for a share they are clipped to [-1, 1]."""
    found = (mean, *(interval or ()))
    kept = (min(max(value, -1), 1) for value in found) if percent else found
    return tuple(shown(value, percent=percent) for value in kept)


def score_text(value: float, *, percent: bool) -> str:
    """Return a score as tables show it."""
    return _typeset(quantities.score_text(value, percent=percent))


def signed_text(value: float, *, percent: bool) -> str:
    """Return a difference with its sign."""
    return _typeset(quantities.signed_text(value, percent=percent))


def interval_text(ends: tuple[float, float] | None, *, percent: bool, signed: bool = True) -> str:
    """Return both ends in brackets; nothing without an interval."""
    if ends is None:
        return ""
    write = signed_text if signed else score_text
    low, high = (write(end, percent=percent) for end in ends)
    return f"[{low}, {high}]"


def p_text(p: float | None) -> str:
    """Return a p value to three decimals; nothing without one."""
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"  # noqa: PLR2004  (three decimals)


def tick_text(value: float, ticks: Iterable[float] = ()) -> str:
    """Return the number at a tick, with as many decimals as its neighbours need, six at most."""
    every = (f"{tick:.6f}".rstrip("0").partition(".")[2] for tick in (*ticks, value))
    return _typeset(f"{value:,.{max(map(len, every))}f}")


def column_name(column: LeaderboardColumn) -> str:
    """Return the title of a column with the part that was trained on."""
    return f"{column.title} {column.label}".strip()


def _typeset(text: str) -> str:
    return text.replace("-", MINUS)
