"""Learning curves: one panel a meta-training, each seed thin and their mean thick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from metabench.api.report import Curve
from metabench.report.drawing import Figure, Panel, Path, Point, Shape
from metabench.report.figures.frame import HEIGHT, WIDTH, frame
from metabench.report.figures.values import tick_text
from metabench.report.paint import slot_paint
from metabench.report.scale import Scale

__all__ = ["curve_figures"]

_MOST, _FEWEST = 100, 20
_IN_ALL = 25_000
"""Points of a figure, so that many methods with many seeds do not make a page of megabytes."""
_USUAL = 0.95
_BEYOND = 4.0
_UNLIKE = 4.0
"""How many times wider than the middle one the widest curve may be on a common axis."""


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
    """Yield the figure of all learning curves, nothing where there is none.

    Args:
        curves: what to draw.
        slots: the slot of each method.
    """
    lines = sum(len(curve.seeds) + 1 for curve in curves)
    most = max(_FEWEST, min(_MOST, _IN_ALL // max(lines, 1)))
    drawn = [_drawn(curve, most) for curve in curves]
    if not drawn:
        return
    ranges = [_range(one.losses) for one in drawn]
    every = [loss for one in drawn for loss in one.losses]
    if _are_alike(ranges):
        ranges = [_range(every)] * len(drawn)
    panels = (
        _panel(one, shown, slots[one.curve.method])
        for one, shown in zip(drawn, ranges, strict=True)
    )
    yield Figure(
        name="learning-curves",
        title="Learning curves",
        caption=tuple(_caption(drawn, ranges)),
        panels=tuple(panels),
    )


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


def _panel(drawn: _Drawn, shown: tuple[float, float], slot: int) -> Panel:
    curve = drawn.curve
    title = f"{curve.method}, for {curve.target}" if curve.target else curve.method
    last = max(step for points in drawn.seeds for step, _ in points)
    made = frame(
        title,
        x=Scale.counted(max(last, 1), 0, 1),
        y=Scale.linear(shown, 0, 1, count=4),
        names=("meta-step", "outer loss"),
    )
    mean = _mean(drawn.seeds)
    shapes: list[Shape] = list(made.shapes)
    if len(drawn.seeds) > 1:
        thin = slot_paint("seed", slot)
        shapes += [Path(_at(points, made.x, made.y), thin) for points in drawn.seeds]
    shapes.append(Path(_at(mean, made.x, made.y), slot_paint("line", slot)))
    return Panel(title, _words(mean, len(drawn.seeds)), WIDTH, HEIGHT, tuple(shapes))


def _at(points: Sequence[Point], x: Scale, y: Scale) -> tuple[Point, ...]:
    return tuple((x(step), y(min(loss, y.high))) for step, loss in points)


def _mean(seeds: Sequence[Sequence[Point]]) -> tuple[Point, ...]:
    """Return the mean over seeds, at the steps that all of them have; the first one if none is."""
    losses = [dict(points) for points in seeds]
    steps = sorted(set.intersection(*(set(known) for known in losses)))
    found = tuple((step, sum(known[step] for known in losses) / len(losses)) for step in steps)
    return found or tuple(seeds[0])


def _words(mean: Sequence[Point], seeds: int) -> str:
    (first, before), (last, after) = mean[0], mean[-1]
    who = "one seed" if seeds == 1 else f"mean of {seeds} seeds"
    return (
        f"Outer loss, {who}: {before:.3f} around step {tick_text(round(first))},"
        f" {after:.3f} around step {tick_text(round(last))}."
    )


def _caption(drawn: Sequence[_Drawn], ranges: Sequence[tuple[float, float]]) -> Iterator[str]:
    yield (
        "The loss of the last batch of each episode, mean of the meta-batch. With a query batch"
        " (MAML) it is the query loss after the inner loop, without one the loss of the last inner"
        " step; compare the shape of two curves, not their height."
    )
    if any(len(one.seeds) > 1 for one in drawn):
        yield "Thin: one meta seed each; thick: their mean."
    if any(one.width > 1 for one in drawn):
        yield f"Each point is the mean of up to {max(one.width for one in drawn)} meta-steps."
    pairs = zip(drawn, ranges, strict=True)
    if any(max(one.losses) > most for one, (_, most) in pairs):
        yield "A curve at the upper edge goes beyond it."
    if len(set(ranges)) > 1:
        yield "The axes of the loss differ from panel to panel."
