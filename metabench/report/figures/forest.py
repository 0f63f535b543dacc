"""Differences to a baseline with their intervals: one panel a column, one line a method."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardColumn
from metabench.report.drawing.scale import Scale
from metabench.report.drawing.shapes import (
    LEFT,
    RIGHT,
    Figure,
    Mark,
    Panel,
    Path,
    Shape,
    Words,
    shortened,
    widest,
)
from metabench.report.figures.values import (
    column_name,
    interval_text,
    p_text,
    shown,
    signed_text,
    tick_text,
)

__all__ = ["forest_figures"]

_PLOT = 140.0
_LINE = 19.0
_TOP = 28.0
_BELOW = 24.0
_LONGEST_NAME = 170.0
_BOLD = 1.07
_GAP = 10.0
_SIGNS = {"better": "▲", "worse": "▼", "undecided": ""}
_INSIDE = 0.95
"""Share of the interval ends, on either side, that the axis reaches; others end in an arrow."""


@final
@dataclass(frozen=True, slots=True)
class _Line:
    """A method and its difference in one column."""

    method: str
    difference: Difference
    percent: bool

    @property
    def mean(self) -> float:
        return shown(self.difference.mean, percent=self.percent)

    @property
    def ends(self) -> tuple[float, ...]:
        ends = self.difference.interval or ()
        return tuple(shown(end, percent=self.percent) for end in ends)

    @property
    def text(self) -> str:
        found = self.difference
        parts = [
            signed_text(found.mean, percent=self.percent),
            interval_text(found.interval, percent=self.percent) + "*" * found.excludes_zero,
            _SIGNS[found.verdict],
            p_text(found.p),
        ]
        return " ".join(part for part in parts if part)


@final
@dataclass(frozen=True, slots=True)
class _Layout:
    """What the panels of a figure share: where the plot begins, how wide numbers are, the axes."""

    left: float
    numbers: float
    scales: dict[bool, Scale]

    @property
    def width(self) -> float:
        return self.left + _PLOT + _GAP + self.numbers


def forest_figures(leaderboard: Leaderboard) -> Iterator[Figure]:
    """Yield a figure for each baseline that anything is compared with."""
    for index, baseline in enumerate(leaderboard.baselines):
        columns = {
            column: lines
            for column in leaderboard.columns
            if (lines := _lines(leaderboard, column, baseline))
        }
        if columns:
            every = [line for lines in columns.values() for line in lines]
            layout = _layout(every)
            yield Figure(
                name=f"differences-{index + 1}",
                title=f"Difference to {baseline}",
                caption=tuple(_caption(leaderboard.alpha, every)),
                panels=tuple(_panel(*item, baseline, layout) for item in columns.items()),
            )


def _lines(leaderboard: Leaderboard, column: LeaderboardColumn, baseline: str) -> list[_Line]:
    index = leaderboard.columns.index(column)
    found = ((row.method, row.scores[index].difference(baseline)) for row in leaderboard.rows)
    return [_Line(name, item, column.percent) for name, item in found if item is not None]


def _layout(lines: Sequence[_Line]) -> _Layout:
    names = min(_BOLD * widest([line.method for line in lines]), _LONGEST_NAME)
    left = names + _GAP
    scales = {
        percent: Scale.snug(*_range(some), left, left + _PLOT, count=5)
        for percent in (True, False)
        if (some := [line for line in lines if line.percent == percent])
    }
    return _Layout(left, _BOLD * widest([line.text for line in lines]), scales)


def _range(lines: Sequence[_Line]) -> tuple[float, float]:
    """Return where the axis begins and ends: over 0, all means and nearly all intervals."""
    means = [line.mean for line in lines]
    lows = sorted((line.ends[0] for line in lines if line.ends), reverse=True)
    highs = sorted(line.ends[1] for line in lines if line.ends)
    low = min(0.0, *means, *lows[: _kept(lows)])
    high = max(0.0, *means, *highs[: _kept(highs)])
    room = 0.06 * (high - low) or 1e-3
    return low - room, high + room


def _kept(ends: Sequence[float]) -> int:
    return math.ceil(_INSIDE * len(ends))


def _panel(
    column: LeaderboardColumn, lines: Sequence[_Line], baseline: str, layout: _Layout
) -> Panel:
    scale = layout.scales[column.percent]
    low = _TOP + len(lines) * _LINE
    shapes = [
        Words(0, 16, shortened(column_name(column), layout.width, 12), "title"),
        *_axis(scale, low),
    ]
    for index, line in enumerate(lines):
        shapes.extend(_shapes(line, _TOP + (index + 0.5) * _LINE, scale, layout))
    said = "; ".join(f"{line.method}: {line.text}, {line.difference.verdict}" for line in lines)
    return Panel(
        f"{column_name(column)}: difference to {baseline}",
        said,
        layout.width,
        low + _BELOW,
        tuple(shapes),
    )


def _axis(scale: Scale, low: float) -> Iterator[Shape]:
    for tick in scale.ticks:
        x = scale(tick)
        yield Path(((x, _TOP), (x, low)), "zero" if tick == 0 else "grid")
        sign = "+" if tick > 0 else ""
        yield Words(x, low + 16, f"{sign}{tick_text(tick, scale.ticks)}", "soft", "middle")
    yield Path(((scale.start, low), (scale.end, low)), "axis")


def _shapes(line: _Line, y: float, scale: Scale, layout: _Layout) -> Iterator[Shape]:
    decided = line.difference.verdict != "undecided"
    weight = "strong" if decided else "text"
    yield Words(0, y + 4, shortened(line.method, layout.left - _GAP), weight)
    if line.ends:
        kept = [min(max(end, scale.low), scale.high) for end in line.ends]
        yield Path(tuple((scale(end), y) for end in kept), "interval")
        for end in line.ends:
            if not scale.low <= end <= scale.high:
                beyond = (scale.low, LEFT) if end < scale.low else (scale.high, RIGHT)
                yield Mark(scale(beyond[0]), y, beyond[1], "arrow")
    kind = "decided" if decided else "undecided"
    yield Mark(scale(line.mean), y, 0, kind, radius=3.5, hint=line.text)
    yield Words(scale.end + _GAP, y + 4, line.text, weight)


def _caption(alpha: float, lines: Sequence[_Line]) -> Iterator[str]:
    if any(line.ends for line in lines):
        yield (
            f"Paired by meta seed; the line is the {100 * (1 - alpha):.3g} % Student t interval of"
            " the mean difference."
        )
    if any(line.difference.p is not None for line in lines):
        yield (
            f"Filled and bold: the exact sign-flip test, adjusted after Holm, decides at"
            f" {alpha:g}; open: undecided."
        )
    else:
        yield "Open marks: undecided; there are too few seeds for a test."
    if any(not _range(lines)[0] <= end <= _range(lines)[1] for line in lines for end in line.ends):
        yield "An arrow: the interval goes on beyond the axis."
