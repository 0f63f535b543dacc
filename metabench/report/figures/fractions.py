"""Score against training rows: the paper's figure 2, one panel a transfer task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from metabench.api.report import FractionPlot, FractionPoint, FractionSeries
from metabench.report.drawing.paint import dash, form, slot_paint
from metabench.report.drawing.scale import Scale
from metabench.report.drawing.shapes import Figure, Key, Mark, Panel, Path, Shape
from metabench.report.figures.frame import Frame, frame
from metabench.report.figures.values import interval_text, score_text, shown

__all__ = ["fraction_figures"]

_SIZE = (400.0, 280.0)
_APART = 4.0
"""Pixels between the marks of two methods at the same number of rows."""
_TOGETHER = 8
"""Methods in one panel at most."""


def fraction_figures(
    plots: Sequence[FractionPlot], slots: Mapping[str, int], *, alpha: float
) -> Iterator[Figure]:
    """Yield a figure for each task that was trained on in several parts.

    Args:
        plots: what to draw.
        slots: the slot of each method.
        alpha: one minus the coverage of the intervals.
    """
    for index, plot in enumerate(plots):
        series = plot.series
        size = -(-len(series) // -(-len(series) // _TOGETHER))
        starts = range(0, len(series), size)
        groups = {_title(plot, at, size): series[at : at + size] for at in starts}
        yield Figure(
            name=f"training-rows-{index + 1}",
            title=f"{plot.task}: score against training rows",
            caption=tuple(_caption(plot, alpha)),
            panels=tuple(_panel(plot, *group, slots) for group in groups.items()),
            keys=tuple(Key(slots[one.method], one.method) for one in series),
        )


def _title(plot: FractionPlot, start: int, size: int) -> str:
    last = min(start + size, len(plot.series))
    return plot.task if size >= len(plot.series) else f"{plot.task}, methods {start + 1} to {last}"


def _panel(
    plot: FractionPlot, title: str, group: Sequence[FractionSeries], slots: Mapping[str, int]
) -> Panel:
    points = [point for series in plot.series for point in series.points]
    rows = sorted({point.rows for point in points})
    across = Scale.logarithmic([float(count) for count in rows], 0, 1)
    made = frame(
        title,
        x=Scale(across.low, across.high, 0, 1, tuple(map(float, rows)), log=True),
        y=Scale.linear([value for point in points for value in _values(point, plot)], 0, 1),
        names=("training rows", plot.metric),
        size=_SIZE,
    )
    shapes: list[Shape] = list(made.shapes)
    for index, series in enumerate(group):
        aside = _APART * (index - (len(group) - 1) / 2)
        slot = slots[series.method]
        shapes.extend(_series(series, plot, made, slot=slot, aside=aside))
    said = "; ".join(f"{series.method}: {_words(series, plot)}" for series in group)
    return Panel(f"{title}: score against training rows", said, *_SIZE, tuple(shapes))


def _values(point: FractionPoint, plot: FractionPlot) -> tuple[float, ...]:
    """Return mean and interval as drawn; a share lies in [-1, 1], whatever its interval says."""
    found = (point.mean, *(point.interval or ()))
    kept = (min(max(value, -1), 1) for value in found) if plot.percent else found
    return tuple(shown(value, percent=plot.percent) for value in kept)


def _series(
    series: FractionSeries, plot: FractionPlot, made: Frame, *, slot: int, aside: float
) -> Iterator[Shape]:
    places = [(made.x(point.rows) + aside, point) for point in series.points]
    for x, point in places:
        _, *ends = (made.y(value) for value in _values(point, plot))
        if ends:
            yield Path(tuple((x, y) for y in ends), slot_paint("whisker", slot))
    means = tuple((x, made.y(_values(point, plot)[0])) for x, point in places)
    if len(means) > 1:
        yield Path(means, slot_paint("line", slot), dash(slot))
    for (x, y), (_, point) in zip(means, places, strict=True):
        hint = f"{series.method}, {_point_words(point, plot)}"
        yield Mark(x, y, form(slot), slot_paint("mark", slot), hint=hint)


def _words(series: FractionSeries, plot: FractionPlot) -> str:
    return ", ".join(_point_words(point, plot) for point in series.points)


def _point_words(point: FractionPoint, plot: FractionPlot) -> str:
    ends = interval_text(point.interval, percent=plot.percent, signed=False)
    score = score_text(point.mean, percent=plot.percent)
    return f"{point.rows:,} rows: {score} {ends}".strip()


def _caption(plot: FractionPlot, alpha: float) -> Iterator[str]:
    points = [point for series in plot.series for point in series.points]
    times = ", times 100" if plot.percent else ""
    yield f"{plot.metric}{times}, mean over the meta seeds; rows on a logarithmic scale."
    if any(point.interval for point in points):
        yield (
            f"The bar is the {100 * (1 - alpha):.3g} % Student t interval of the mean; it is not"
            " paired, so that two bars may overlap although the difference is clear."
        )
    yield "Marks at the same number of rows are set side by side."
