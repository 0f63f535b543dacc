"""The frame of a plot: title, grid, ticks, names of the axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

from metabench.report.drawing.scale import Scale
from metabench.report.drawing.shapes import Path, Shape, Words, shortened, text_width, widest
from metabench.report.figures.values import tick_text

__all__ = ["HEIGHT", "WIDTH", "Frame", "frame"]

WIDTH, HEIGHT = 340.0, 230.0
_TITLE = 16.0
_TOP = 30.0
_BELOW_TICKS = 16.0
_BELOW = 38.0
_RIGHT = 12.0
_TICK_GAP = 6.0


@final
@dataclass(frozen=True, slots=True)
class Frame:
    """The plotting area, both axes, and the shapes around it.

    Args:
        x: horizontal axis.
        y: vertical axis.
        shapes: title, grid, ticks, names.
    """

    x: Scale
    y: Scale
    shapes: tuple[Shape, ...]


def frame(
    title: str,
    *,
    x: Scale,
    y: Scale,
    names: tuple[str, str],
    size: tuple[float, float] = (WIDTH, HEIGHT),
    right: float = _RIGHT,
) -> Frame:
    """Return the frame of a plot; where the scales start and end is worked out here.

    Args:
        title: above the plot.
        x: the horizontal axis, at any place.
        y: the vertical axis, at any place.
        names: of both axes.
        size: width and height of the panel.
        right: room on the right.
    """
    labels = [tick_text(tick, y.ticks) for tick in y.ticks]
    left = widest(labels) + 24
    across = _placed(x, left, size[0] - right)
    up = _placed(y, size[1] - _BELOW, _TOP)
    shapes = (
        Words(0, _TITLE, shortened(title, size[0], 12), "title"),
        *_y_axis(up, labels, across, names[1]),
        *_x_axis(across, up, names[0], size[1]),
    )
    return Frame(across, up, shapes)


def _placed(scale: Scale, start: float, end: float) -> Scale:
    return Scale(scale.low, scale.high, start, end, scale.ticks, scale.log)


def _y_axis(scale: Scale, labels: Sequence[str], across: Scale, name: str) -> Iterator[Shape]:
    for tick, label in zip(scale.ticks, labels, strict=True):
        y = scale(tick)
        yield Path(((across.start, y), (across.end, y)), "grid")
        yield Words(across.start - _TICK_GAP, y + 4, label, "soft", "end")
    middle = (scale.start + scale.end) / 2
    room = abs(scale.start - scale.end) + 20
    yield Words(10, middle, shortened(name, room), "soft", "middle", turned=True)


def _x_axis(scale: Scale, up: Scale, name: str, height: float) -> Iterator[Shape]:
    yield Path(((scale.start, up.start), (scale.end, up.start)), "axis")
    taken = float("-inf")
    for tick in scale.ticks:
        label = tick_text(tick, () if scale.log else scale.ticks)
        x, half = scale(tick), text_width(label) / 2
        yield Path(((x, up.start), (x, up.start + 4)), "axis")
        if x - half > taken:
            yield Words(x, up.start + _BELOW_TICKS, label, "soft", "middle")
            taken = x + half + _TICK_GAP
    middle = (scale.start + scale.end) / 2
    yield Words(middle, height - 4, name, "soft", "middle")
