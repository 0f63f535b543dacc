"""Quality against cost: one mark a method, its name on the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from metabench.api.report import CostPlot, CostPoint
from metabench.report.figures.canvas import Figure, Panel, hint, shortened
from metabench.report.figures.style import LINE, look
from metabench.report.figures.values import (
    column_name,
    drawn_values,
    interval_text,
    score_text,
    tick_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["cost_figures"]

_LINE = 15
_DECADE = 10
_LONGEST_NAME = 26


def cost_figures(
    plot: CostPlot | None, slots: Mapping[str, int], *, alpha: float
) -> Iterator[Figure]:
    """Yield the figure of quality against cost, if a cost is known.

    Args:
        plot: the data.
        slots: the slot of each method.
        alpha: one minus the coverage of the intervals.
    """
    if plot is not None:
        said = "; ".join(f"{point.method}: {_words(point, plot)}" for point in plot.points)
        names = max(len(shortened(point.method, _LONGEST_NAME)) for point in plot.points)
        right = 40 + 6.9 * names
        yield Figure(
            "cost",
            "Quality against cost",
            tuple(_caption(plot, alpha)),
            (Panel(column_name(plot.column), said, partial(_draw, plot=plot, slots=slots)),),
            size=(320 + right, max(280, len(plot.points) * _LINE + 80)),
            room=(58, right, 36, 40),
        )


def _draw(axes: Axes, *, plot: CostPlot, slots: Mapping[str, int]) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator  # noqa: PLC0415

    axes.set_xscale("log")
    axes.set(xlabel="wall time of one meta seed (s)", ylabel=shortened(plot.column.metric, 30))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda tick, _: tick_text(round(tick, 6)))
    seconds = [point.device_seconds for point in plot.points]
    far = max(seconds) / min(seconds) >= _DECADE
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if far else MaxNLocator(4))
    room = max((max(seconds) / min(seconds)) ** 0.08, 1.1)
    axes.set_xlim(min(seconds) / room, max(seconds) * room)
    for point in plot.points:
        style = look(slots[point.method])
        mean, *ends = _values(point, plot)
        if ends:
            x = [point.device_seconds] * 2
            axes.plot(x, ends, color=style["color"], linewidth=1.2, alpha=0.75)
        (mark,) = axes.plot([point.device_seconds], [mean], **style, markersize=9)
        hint(mark, f"{point.method}: {_words(point, plot)}")
    _names(axes, plot, slots)


def _names(axes: Axes, plot: CostPlot, slots: Mapping[str, int]) -> None:
    """Write names on the right, in the order of the marks and a line apart."""

    def height(point: CostPoint) -> float:
        place = (point.device_seconds, _values(point, plot)[0])
        return float(axes.transAxes.inverted().transform(axes.transData.transform(place))[1])

    axes.autoscale_view()
    line = _LINE / (axes.get_window_extent().height * 72 / axes.figure.dpi)
    points = sorted(plot.points, key=lambda point: (-height(point), slots[point.method]))
    for point, level in zip(points, _levels([height(p) for p in points], line), strict=True):
        axes.annotate(
            shortened(point.method, _LONGEST_NAME),
            (point.device_seconds, _values(point, plot)[0]),
            (1.07, level),
            textcoords="axes fraction",
            va="center",
            zorder=1,
            arrowprops={"arrowstyle": "-", "color": LINE, "linewidth": 0.7, "relpos": (0, 0.5)},
        )


def _levels(wanted: Sequence[float], line: float) -> list[float]:
    """Return decreasing heights in [0, 1], at least a line apart, near the given ones."""
    levels: list[float] = []
    for height in wanted:
        levels.append(min(height, levels[-1] - line) if levels else min(height, 1.0))
    limit = 0.0
    for index in reversed(range(len(levels))):
        levels[index] = max(levels[index], limit)
        limit = levels[index] + line
    return levels


def _values(point: CostPoint, plot: CostPlot) -> tuple[float, ...]:
    return drawn_values(point.mean, point.interval, percent=plot.column.percent)


def _words(point: CostPoint, plot: CostPlot) -> str:
    percent = plot.column.percent
    ends = interval_text(point.interval, percent=percent, signed=False)
    seconds = tick_text(round(point.device_seconds, 1))
    return f"{score_text(point.mean, percent=percent)} {ends} after {seconds} s".replace("  ", " ")


def _caption(plot: CostPlot, alpha: float) -> Iterator[str]:
    yield (
        "Wall time of one meta seed, with pretraining, meta-training and all fine-tuning, on a"
        " logarithmic scale; what methods share counts for each."
    )
    if any(point.interval for point in plot.points):
        yield f"The bar is the {100 * (1 - alpha):.3g} % Student t interval of the mean."
