"""A figure as one picture: legend above, panels in a grid below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from metabench.report.drawing.paint import dash, form, slot_paint
from metabench.report.drawing.shapes import (
    Figure,
    Key,
    Mark,
    Panel,
    Path,
    Shape,
    Words,
    shortened,
    text_width,
)

__all__ = ["composed", "key_shapes"]

_GAP = 24.0
_MARGIN = 8.0
_LEGEND_LINE = 20.0
_KEY = 26.0
_LONGEST_NAME = 200.0
_FEW = 6


def key_shapes(key: Key) -> tuple[Shape, ...]:
    """Return the sample of a line of the legend, 22 pixels wide and 12 high."""
    mark = Mark(11, 6, form(key.slot), slot_paint("mark", key.slot))
    line = Path(((0, 6), (22, 6)), slot_paint("line", key.slot), dash(key.slot))
    return line, mark


def composed(figure: Figure) -> Panel:
    """Return the figure as one panel: two panels side by side, three where there are many."""
    columns = min(len(figure.panels), 2 if len(figure.panels) <= _FEW else 3)
    cell = max(panel.width for panel in figure.panels)
    width = columns * cell + (columns - 1) * _GAP + 2 * _MARGIN
    legend, top = _legend(figure.keys, width - 2 * _MARGIN)
    shapes = [_moved(shape, _MARGIN, _MARGIN) for shape in legend]
    top += _MARGIN
    for start in range(0, len(figure.panels), columns):
        row = figure.panels[start : start + columns]
        for index, panel in enumerate(row):
            left = _MARGIN + index * (cell + _GAP)
            shapes.extend(_moved(shape, left, top) for shape in panel.shapes)
        top += max(panel.height for panel in row) + _GAP
    described = " ".join(f"{panel.title}: {panel.description}" for panel in figure.panels)
    return Panel(figure.title, described, width, top - _GAP + _MARGIN, tuple(shapes))


def _legend(keys: Sequence[Key], width: float) -> tuple[tuple[Shape, ...], float]:
    """Return the shapes of the legend and its height."""
    if not keys:
        return (), 0.0
    shapes: list[Shape] = []
    left, top = 0.0, 0.0
    for key in keys:
        name = shortened(key.name, _LONGEST_NAME)
        needed = _KEY + text_width(name) + 16
        if left and left + needed > width:
            left, top = 0.0, top + _LEGEND_LINE
        shapes.extend(_moved(shape, left, top + 3) for shape in key_shapes(key))
        shapes.append(Words(left + _KEY, top + 13, name))
        left += needed
    return tuple(shapes), top + _LEGEND_LINE + 8


def _moved(shape: Shape, x: float, y: float) -> Shape:
    if isinstance(shape, Path):
        return replace(shape, points=tuple(_shifted(shape.points, x, y)))
    return replace(shape, x=shape.x + x, y=shape.y + y)


def _shifted(
    points: Sequence[tuple[float, float]], x: float, y: float
) -> Iterator[tuple[float, float]]:
    return ((point[0] + x, point[1] + y) for point in points)
