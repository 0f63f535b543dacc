"""Differences to a baseline with their intervals: one panel a column, one line a method."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardColumn
from metabench.report.figures.canvas import Figure, Panel, hint, shortened
from metabench.report.figures.style import INK, PAPER, SOFT
from metabench.report.figures.values import (
    column_name,
    interval_text,
    p_text,
    shown,
    signed_text,
    tick_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["forest_figures"]

_PLOT, _LINE, _CHARACTER = 140.0, 19.0, 6.9
_LONGEST_NAME = 26
_SIGNS = {"better": "▲", "worse": "▼", "undecided": ""}
_INSIDE = 0.95
"""Share of the interval ends, on either side, that the axis reaches; others end in an arrow."""

Lines: TypeAlias = Mapping[str, Difference]
"""The difference in one column of each method."""


def forest_figures(leaderboard: Leaderboard) -> Iterator[Figure]:
    """Yield a figure for each baseline; one of two baselines is only in that of the earlier."""
    for index, baseline in enumerate(leaderboard.baselines):
        columns = {
            column: lines
            for column in leaderboard.columns
            if (lines := _lines(leaderboard, column, baseline))
        }
        if columns:
            yield _figure(columns, baseline, f"differences-{index + 1}", leaderboard.alpha)


def _lines(leaderboard: Leaderboard, column: LeaderboardColumn, baseline: str) -> Lines:
    index = leaderboard.columns.index(column)
    earlier = leaderboard.baselines[: leaderboard.baselines.index(baseline)]
    rows = (row for row in leaderboard.rows if row.method not in earlier)
    found = ((row.method, row.scores[index].difference(baseline)) for row in rows)
    return {name: item for name, item in found if item is not None}


def _figure(
    columns: Mapping[LeaderboardColumn, Lines], baseline: str, name: str, alpha: float
) -> Figure:
    texts = [_text(one, column) for column, lines in columns.items() for one in lines.values()]
    names = [shortened(method, _LONGEST_NAME) for lines in columns.values() for method in lines]
    left = 20 + _CHARACTER * max(map(len, names))
    right = 10 + 0.93 * _CHARACTER * max(map(len, texts))
    most = max(map(len, columns.values()))
    ranges = {
        percent: _range(
            [
                _values(one, column)
                for column, lines in columns.items()
                for one in lines.values()
                if column.percent == percent
            ]
        )
        for percent in {column.percent for column in columns}
    }
    panels = (
        Panel(
            column_name(column),
            "; ".join(f"{m}: {_text(one, column)}, {one.verdict}" for m, one in lines.items()),
            partial(_draw, column=column, lines=lines, limits=ranges[column.percent], most=most),
        )
        for column, lines in columns.items()
    )
    return Figure(
        name,
        f"Difference to {baseline}",
        tuple(_caption(columns, ranges, alpha=alpha)),
        tuple(panels),
        size=(left + _PLOT + right, 30 + most * _LINE + 24),
        room=(left, right, 30, 24),
    )


def _text(one: Difference, column: LeaderboardColumn) -> str:
    parts = [
        signed_text(one.mean, percent=column.percent),
        interval_text(one.interval, percent=column.percent) + "*" * one.excludes_zero,
        _SIGNS[one.verdict],
        p_text(one.p),
    ]
    return " ".join(part for part in parts if part)


def _values(one: Difference, column: LeaderboardColumn) -> tuple[float, ...]:
    """Return mean and ends of the interval as drawn."""
    return tuple(shown(x, percent=column.percent) for x in (one.mean, *(one.interval or ())))


def _range(values: Sequence[tuple[float, ...]]) -> tuple[float, float]:
    """Return where the axis begins and ends: over 0, all means and nearly all intervals."""
    means = [mean for mean, *_ in values]
    lows = sorted((ends[0] for _, *ends in values if ends), reverse=True)
    highs = sorted(ends[1] for _, *ends in values if ends)
    kept = math.ceil(_INSIDE * len(lows))
    low, high = min(0.0, *means, *lows[:kept]), max(0.0, *means, *highs[:kept])
    room = 0.06 * (high - low) or 1e-3
    return low - room, high + room


def _draw(
    axes: Axes,
    *,
    column: LeaderboardColumn,
    lines: Lines,
    limits: tuple[float, float],
    most: int,
) -> None:
    low, high = limits
    axes.set_yticks(range(len(lines)), [shortened(name, _LONGEST_NAME) for name in lines])
    axes.set(xlim=limits, ylim=(most - 0.5, -0.5))
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.axvline(0, color=SOFT, linewidth=1)
    axes.xaxis.set_major_formatter(
        lambda tick, _: f"{'+' if tick > 0 else ''}{tick_text(tick, axes.get_xticks())}"
    )
    for y, (one, label) in enumerate(zip(lines.values(), axes.get_yticklabels(), strict=True)):
        weight = "normal" if one.verdict == "undecided" else "bold"
        label.set_fontweight(weight)
        mean, *ends = _values(one, column)
        if ends:
            axes.plot([min(max(end, low), high) for end in ends], [y, y], color=INK, linewidth=1.6)
        for end in ends:
            if not low <= end <= high:
                axes.plot([max(low, min(end, high))], [y], "<" if end < low else ">", color=INK)
        filled = PAPER if one.verdict == "undecided" else INK
        (mark,) = axes.plot([mean], [y], "o", color=INK, markerfacecolor=filled)
        hint(mark, _text(one, column))
        axes.annotate(
            _text(one, column),
            (1, y),
            (10, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontweight=weight,
        )


def _caption(
    columns: Mapping[LeaderboardColumn, Lines],
    ranges: Mapping[bool, tuple[float, float]],
    *,
    alpha: float,
) -> Iterator[str]:
    every = [(column, one) for column, lines in columns.items() for one in lines.values()]
    if any(one.interval for _, one in every):
        yield (
            f"Paired by meta seed; the line is the {100 * (1 - alpha):.3g} % Student t interval of"
            " the mean difference."
        )
    if any(one.p is not None for _, one in every):
        yield (
            f"Filled and bold: the exact sign-flip test, adjusted after Holm, decides at"
            f" {alpha:g}; open: undecided."
        )
    else:
        yield "Open marks: undecided; there are too few seeds for a test."
    for column, one in every:
        low, high = ranges[column.percent]
        if not all(low <= value <= high for value in _values(one, column)):
            yield "An arrow: the interval continues beyond the axis."
            return
