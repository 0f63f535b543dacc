"""Learning curves: one panel a meta-training, each seed thin and their mean thick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, final

from metabench.api.report import Curve, ScalarPlot
from metabench.report.figures.canvas import Figure, Panel, shortened
from metabench.report.figures.style import look
from metabench.report.figures.values import tick_text
from metabench.results.history import MOST_SEEDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LOSSES", "curve_figures", "scalar_figures"]

Point: TypeAlias = tuple[float, float]

_MOST, _FEWEST = 100, 20
_IN_ALL = 25_000
"""Points of a figure, so that many methods with many seeds do not make a page of megabytes."""
_MOST_SCALARS = 12
_MOST_PANELS = 48
_USUAL = 0.95
_BEYOND = 4.0
_UNLIKE = 4.0
"""How many times wider than the middle one the widest curve may be on a common axis."""

LOSSES = {"cross_entropy": "cross-entropy", "squared_error": "squared error"}
"""The parts of the outer loss of meta-training on classes and numbers, whose scales differ."""
_OUTER_LOSS = (
    "The loss of the last batch of each episode, mean of the meta-batch. With a query batch"
    " (MAML) it is the query loss after the inner loop, without one the loss of the last inner"
    " step; compare the shape of two curves, not their height."
)


@final
@dataclass(frozen=True, slots=True)
class _Stage:
    """The words of a stage: its step, its line, its caption, and the preposition of a target."""

    step: str
    line: str
    caption: str
    of: str


_STAGES = {
    "meta": _Stage(
        "meta-step",
        "meta seed",
        "Given by the algorithm or by an observer at the steps of meta-training.",
        "for",
    ),
    "adapt": _Stage(
        "step",
        "fine-tuning",
        "Given by an observer at the steps of fine-tuning.",
        "on",
    ),
}


@final
@dataclass(frozen=True, slots=True)
class _Drawn:
    """A curve with no more points than can be seen; each is the mean of up to ``width`` steps."""

    curve: Curve
    seeds: tuple[tuple[Point, ...], ...]
    width: int

    @property
    def losses(self) -> list[float]:
        return [loss for points in self.seeds for _, loss in points]


def curve_figures(curves: Sequence[Curve], slots: Mapping[str, int]) -> Iterator[Figure]:
    """Yield the figure of all learning curves, if there are any.

    Args:
        curves: the data.
        slots: the slot of each method.
    """
    if curves:
        shape = _Shape(_STAGES["meta"], "outer loss", _most(curves))
        panels, notes = _panels(curves, slots, shape)
        yield Figure("learning-curves", "Learning curves", (_OUTER_LOSS, *notes), panels)


def scalar_figures(plots: Sequence[ScalarPlot], slots: Mapping[str, int]) -> Iterator[Figure]:
    """Yield a figure of each scalar of a stage, at most twelve.

    Args:
        plots: the data.
        slots: the slot of each method.
    """
    shown = plots[:_MOST_SCALARS]
    most = _most([curve for plot in shown for curve in plot.curves[:_MOST_PANELS]])
    left = len(plots) - len(shown)
    for number, plot in enumerate(shown, start=1):
        shape = _Shape(_STAGES[plot.stage], LOSSES.get(plot.name, plot.name), most)
        panels, notes = _panels(plot.curves[:_MOST_PANELS], slots, shape)
        more = len(plot.curves) - len(panels)
        rest = [f"Not drawn, but in metrics.jsonl: {more} more panels."] * bool(more)
        rest += [f"Not drawn, but in metrics.jsonl: {left} more."] * bool(left)
        title = plot.name if plot.stage == "meta" else f"{plot.name}, in fine-tuning"
        name, caption = f"scalar-{number}", shape.stage.caption
        if plot.stage == "meta" and plot.name in LOSSES:
            title, name = f"Learning curves: {LOSSES[plot.name]}", f"learning-curves-{plot.name}"
            caption = _OUTER_LOSS
        yield Figure(name, title, (caption, *notes, *rest), panels)


def _most(curves: Sequence[Curve]) -> int:
    lines = sum(len(curve.seeds) + 1 for curve in curves)
    return max(_FEWEST, min(_MOST, _IN_ALL // max(lines, 1)))


@final
@dataclass(frozen=True, slots=True)
class _Shape:
    """The facts that a figure's panels share: stage, quantity, number of points."""

    stage: _Stage
    what: str
    most: int


def _panels(
    curves: Sequence[Curve], slots: Mapping[str, int], shape: _Shape
) -> tuple[tuple[Panel, ...], Sequence[str]]:
    """Return a panel for each curve, and the caption below them."""
    drawn = [_drawn(curve, shape.most) for curve in curves]
    ranges = [_range(one.losses) for one in drawn]
    every = [loss for one in drawn for loss in one.losses]
    if _are_alike(ranges):
        ranges = [_range(every)] * len(drawn)
    panels = (
        _panel(one, shown, slots[one.curve.method], shape)
        for one, shown in zip(drawn, ranges, strict=True)
    )
    return tuple(panels), tuple(_notes(drawn, ranges, shape))


def _drawn(curve: Curve, most: int) -> _Drawn:
    """Put equally many neighbours together until there are not more than ``most`` points."""
    joined = -(-max(len(seed.points) for seed in curve.seeds) // most)
    width = joined * max(seed.width for seed in curve.seeds)
    return _Drawn(curve, tuple(tuple(_means(seed.points, joined)) for seed in curve.seeds), width)


def _means(points: Sequence[Point], joined: int) -> Iterator[Point]:
    for start in range(0, len(points), joined):
        group = points[start : start + joined]
        yield sum(step for step, _ in group) / len(group), sum(y for _, y in group) / len(group)


def _range(losses: Sequence[float]) -> tuple[float, float]:
    """Return the least loss and the most that is shown: a few spikes would flatten the rest."""
    ranked = sorted(losses)
    middle, usual = ranked[len(ranked) // 2], ranked[int(_USUAL * (len(ranked) - 1))]
    most = middle + _BEYOND * (usual - middle) if usual > middle else ranked[-1]
    return ranked[0], min(ranked[-1], most)


def _are_alike(ranges: Sequence[tuple[float, float]]) -> bool:
    spreads = sorted(most - least for least, most in ranges)
    return spreads[-1] <= _UNLIKE * spreads[len(spreads) // 2]


def _panel(drawn: _Drawn, shown: tuple[float, float], slot: int, shape: _Shape) -> Panel:
    curve = drawn.curve
    title = f"{curve.method}, {shape.stage.of} {curve.target}" if curve.target else curve.method
    said = _words(_mean(drawn.seeds), len(drawn.seeds), shape.what)
    draw = partial(_draw, seeds=drawn.seeds, shown=shown, slot=slot, shape=shape)
    return Panel(title, said, draw)


def _draw(
    axes: Axes,
    *,
    seeds: Sequence[Sequence[Point]],
    shown: tuple[float, float],
    slot: int,
    shape: _Shape,
) -> None:
    colour = look(slot)["color"]
    last = max(step for points in seeds for step, _ in points)
    axes.locator_params(axis="x", nbins=4, integer=True)
    axes.xaxis.set_major_formatter(lambda tick, _: f"{tick:,.0f}")
    axes.set(xlim=(0, max(last, 1)), xlabel=shape.stage.step, ylabel=shortened(shape.what, 24))
    axes.update_datalim([(0, shown[0]), (0, shown[1])])
    axes.autoscale_view(scalex=False)
    top = axes.get_ylim()[1]
    lines = [(points, 1.0, 0.45) for points in seeds if len(seeds) > 1]
    for points, width, alpha in (*lines, (_mean(seeds), 1.8, 1.0)):
        steps, losses = zip(*points, strict=True)
        shown_losses = [min(loss, top) for loss in losses]
        axes.plot(steps, shown_losses, color=colour, linewidth=width, alpha=alpha)


def _mean(seeds: Sequence[Sequence[Point]]) -> tuple[Point, ...]:
    """Return the mean over seeds, at the steps that all of them have; the first one if none is."""
    losses = [dict(points) for points in seeds]
    steps = sorted(set.intersection(*(set(known) for known in losses)))
    found = tuple((step, sum(known[step] for known in losses) / len(losses)) for step in steps)
    return found or tuple(seeds[0])


def _words(mean: Sequence[Point], seeds: int, what: str) -> str:
    (first, before), (last, after) = mean[0], mean[-1]
    who = "one seed" if seeds == 1 else f"mean of {seeds} seeds"
    return (
        f"{what[:1].upper()}{what[1:]}, {who}: {before:.3f} around step {tick_text(round(first))},"
        f" {after:.3f} around step {tick_text(round(last))}."
    )


def _notes(
    drawn: Sequence[_Drawn], ranges: Sequence[tuple[float, float]], shape: _Shape
) -> Iterator[str]:
    if any(len(one.seeds) >= MOST_SEEDS for one in drawn):
        yield f"Of more than {MOST_SEEDS} meta seeds the first {MOST_SEEDS} are drawn."
    if any(len(one.seeds) > 1 for one in drawn):
        yield f"Thin: one {shape.stage.line} each; thick: their mean."
    if any(one.width > 1 for one in drawn):
        width = max(one.width for one in drawn)
        yield f"Each point is the mean of up to {width} {shape.stage.step}s."
    pairs = zip(drawn, ranges, strict=True)
    if any(max(one.losses) > most for one, (_, most) in pairs):
        yield "A curve at the upper edge goes beyond it."
    if len(set(ranges)) > 1:
        what = "loss" if shape.what == "outer loss" else shape.what
        yield f"The axes of the {what} differ from panel to panel."
