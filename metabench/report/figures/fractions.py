"""Score against training examples: the paper's figure 2, one panel per transfer task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from metabench.api.report import FractionPlot, FractionPoint, FractionSeries
from metabench.report.figures.canvas import Figure, Panel, hint, shortened
from metabench.report.figures.style import look
from metabench.report.figures.values import drawn_values, interval_text, score_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["fraction_figures"]

_APART = 1.035
"""Factor between the marks of two methods at the same number of examples, so that none is
hidden."""
_TOGETHER = 8
"""Methods in one panel at most."""


def fraction_figures(
    plots: Sequence[FractionPlot], slots: Mapping[str, int], *, alpha: float
) -> Iterator[Figure]:
    """Yield a figure for each task that was trained on in several parts.

    Args:
        plots: the data.
        slots: the slot of each method.
        alpha: one minus the coverage of the intervals.
    """
    for index, plot in enumerate(plots):
        series = plot.series
        size = -(-len(series) // -(-len(series) // _TOGETHER))
        panels = (
            _panel(plot, series[at : at + size], at, slots) for at in range(0, len(series), size)
        )
        yield Figure(
            f"training-rows-{index + 1}",
            f"{plot.task}: score against training examples",
            tuple(_caption(plot, alpha)),
            tuple(panels),
            size=(400, 280),
            keys=tuple((slots[one.method], one.method) for one in series),
        )


def _panel(
    plot: FractionPlot, group: Sequence[FractionSeries], start: int, slots: Mapping[str, int]
) -> Panel:
    said = "; ".join(
        f"{one.method}: {', '.join(_words(point, plot) for point in one.points)}" for one in group
    )
    named = f", methods {start + 1} to {start + len(group)}"
    title = f"{plot.task}{named if len(group) < len(plot.series) else ''}"
    return Panel(title, said, partial(_draw, plot=plot, group=group, slots=slots))


def _draw(
    axes: Axes, *, plot: FractionPlot, group: Sequence[FractionSeries], slots: Mapping[str, int]
) -> None:
    points = [point for series in plot.series for point in series.points]
    rows = sorted({point.rows for point in points})
    values = [value for point in points for value in _values(point, plot)]
    axes.set_xscale("log")
    axes.set(xlim=(rows[0] / 1.3, rows[-1] * 1.3), xlabel="training examples")
    axes.set_ylabel(shortened(plot.metric, 30))
    axes.set_xticks(rows, [f"{count:,}" for count in rows])
    axes.update_datalim([(rows[0], min(values)), (rows[-1], max(values))])
    for index, series in enumerate(group):
        style = look(slots[series.method])
        aside = _APART ** (index - (len(group) - 1) / 2)
        places = [point.rows * aside for point in series.points]
        means = [_values(point, plot)[0] for point in series.points]
        axes.plot(places, means, **{**style, "marker": ""})
        for x, mean, point in zip(places, means, series.points, strict=True):
            _, *ends = _values(point, plot)
            if ends:
                axes.plot([x, x], ends, color=style["color"], linewidth=1.2, alpha=0.75)
            (mark,) = axes.plot([x], [mean], **{**style, "linestyle": ""})
            hint(mark, f"{series.method}, {_words(point, plot)}")


def _values(point: FractionPoint, plot: FractionPlot) -> tuple[float, ...]:
    return drawn_values(point.mean, point.interval, percent=plot.percent)


def _words(point: FractionPoint, plot: FractionPlot) -> str:
    ends = interval_text(point.interval, percent=plot.percent, signed=False)
    score = score_text(point.mean, percent=plot.percent)
    return f"{point.rows:,} rows: {score} {ends}".strip()


def _caption(plot: FractionPlot, alpha: float) -> Iterator[str]:
    points = [point for series in plot.series for point in series.points]
    times = ", times 100" if plot.percent else ""
    yield f"{plot.metric}{times}, mean over the meta seeds; examples on a logarithmic scale."
    if any(point.interval for point in points):
        yield (
            f"The bar is the {100 * (1 - alpha):.3g} % Student t interval of the mean; it is not"
            " paired, so that two bars may overlap although the difference is clear."
        )
    yield "Marks at the same number of examples are set side by side."
