"""Quality against cost: one mark a method, its name on the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from metabench.api.report import CostPlot, CostPoint
from metabench.report.drawing.paint import form, slot_paint
from metabench.report.drawing.scale import Scale
from metabench.report.drawing.shapes import (
    Figure,
    Mark,
    Panel,
    Path,
    Shape,
    Words,
    shortened,
    widest,
)
from metabench.report.figures.frame import Frame, frame
from metabench.report.figures.values import (
    column_name,
    interval_text,
    score_text,
    shown,
    tick_text,
)

__all__ = ["cost_figures"]

_PLOT = 260.0
_LOWEST = 280.0
_LINE = 15.0
_LONGEST_NAME = 170.0
_LEADER = 22.0


def cost_figures(
    plot: CostPlot | None, slots: Mapping[str, int], *, alpha: float
) -> Iterator[Figure]:
    """Yield the figure of quality against cost, nothing where no cost is known.

    Args:
        plot: what to draw.
        slots: the slot of each method.
        alpha: one minus the coverage of the intervals.
    """
    if plot is not None:
        yield Figure(
            name="cost",
            title="Quality against cost",
            caption=tuple(_caption(plot, alpha)),
            panels=(_panel(plot, slots),),
        )


def _panel(plot: CostPlot, slots: Mapping[str, int]) -> Panel:
    names = min(widest([point.method for point in plot.points]), _LONGEST_NAME)
    right = _LEADER + names
    size = (_PLOT + 60 + right, max(_LOWEST, len(plot.points) * _LINE + 80))
    percent = plot.column.percent
    values = [value for point in plot.points for value in _values(point, percent=percent)]
    made = frame(
        column_name(plot.column),
        x=Scale.logarithmic([point.device_seconds for point in plot.points], 0, 1),
        y=Scale.linear(values, 0, 1),
        names=("device seconds of one meta seed", plot.column.metric),
        size=size,
        right=right,
    )
    shapes = [*made.shapes, *_whiskers(plot, made, slots), *_marks(plot, made, slots)]
    said = "; ".join(f"{point.method}: {_words(point, percent=percent)}" for point in plot.points)
    return Panel("Quality against cost", said, *size, tuple(shapes))


def _values(point: CostPoint, *, percent: bool) -> tuple[float, ...]:
    found = (point.mean, *(point.interval or ()))
    kept = (min(max(value, -1), 1) for value in found) if percent else found
    return tuple(shown(value, percent=percent) for value in kept)


def _whiskers(plot: CostPlot, made: Frame, slots: Mapping[str, int]) -> Iterator[Shape]:
    for point in plot.points:
        _, *ends = _values(point, percent=plot.column.percent)
        x = made.x(point.device_seconds)
        if ends:
            line = tuple((x, made.y(end)) for end in ends)
            yield Path(line, slot_paint("whisker", slots[point.method]))


def _marks(plot: CostPlot, made: Frame, slots: Mapping[str, int]) -> Iterator[Shape]:
    """Yield marks and names; names keep the order of the marks and do not overlap."""
    percent = plot.column.percent
    placed = [(made.y(_values(point, percent=percent)[0]), point) for point in plot.points]
    placed.sort(key=lambda item: (item[0], slots[item[1].method]))
    levels = _levels([y for y, _ in placed], top=made.y.end, bottom=made.y.start)
    for (y, point), level in zip(placed, levels, strict=True):
        x, slot = made.x(point.device_seconds), slots[point.method]
        edge = made.x.end + _LEADER - 4
        yield Path(((x, y), (made.x.end + 4, level), (edge, level)), "leader")
        yield Words(edge + 4, level + 4, shortened(point.method, _LONGEST_NAME))
        hint = f"{point.method}: {_words(point, percent=percent)}"
        yield Mark(x, y, form(slot), slot_paint("mark", slot), radius=5, hint=hint)


def _levels(wanted: Sequence[float], *, top: float, bottom: float) -> list[float]:
    """Return heights in the order given, a line apart, near what is wanted, inside the plot."""
    levels: list[float] = []
    for y in wanted:
        levels.append(max(y, levels[-1] + _LINE) if levels else max(y, top))
    limit = bottom
    for index in reversed(range(len(levels))):
        levels[index] = min(levels[index], limit)
        limit = levels[index] - _LINE
    return levels


def _words(point: CostPoint, *, percent: bool) -> str:
    ends = interval_text(point.interval, percent=percent, signed=False)
    seconds = tick_text(round(point.device_seconds, 1))
    return f"{score_text(point.mean, percent=percent)} {ends} after {seconds} s".replace("  ", " ")


def _caption(plot: CostPlot, alpha: float) -> Iterator[str]:
    yield (
        "Device seconds: the wall time of all that one meta seed needs, pretraining, meta-training"
        " and all fine-tuning, on a logarithmic scale; what methods share counts for each."
    )
    if any(point.interval for point in plot.points):
        yield f"The bar is the {100 * (1 - alpha):.3g} % Student t interval of the mean."
