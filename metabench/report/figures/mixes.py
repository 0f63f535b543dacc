"""The tasks drawn in meta-training: one bar per task, next to its share of the training set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from metabench.api.report import TaskMix
from metabench.report.figures.canvas import Figure, Panel, hint, shortened
from metabench.report.figures.style import COLOURS, INK, LINE, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["mix_figures"]

_BARS, _LINE, _NUMBERS = 150, 19, 60
_LONGEST_NAME = 24


def mix_figures(mixes: Sequence[TaskMix]) -> Iterator[Figure]:
    """Yield the figure of all task mixes, nothing where nothing was drawn."""
    if not mixes:
        return
    shares = [share for mix in mixes for share in mix.shares]
    most = max(
        max(share.drawn / _total(mix), share.rows_share or 0.0)
        for mix in mixes
        for share in mix.shares
    )
    left = 20 + 6.9 * max(len(shortened(share.task, _LONGEST_NAME)) for share in shares)
    tasks = max(len(mix.shares) for mix in mixes)
    yield Figure(
        "task-mix",
        "Tasks drawn in meta-training",
        tuple(_caption(mixes)),
        tuple(_panel(mix, most, tasks, left) for mix in mixes),
        size=(left + _BARS + _NUMBERS, 54 + tasks * _LINE),
        room=(left, _NUMBERS, 46, 8),
    )


def _total(mix: TaskMix) -> int:
    return max(sum(share.drawn for share in mix.shares), 1)


def _panel(mix: TaskMix, most: float, tasks: int, left: float) -> Panel:
    title = ", ".join(mix.methods) + (f", for {mix.target}" if mix.target else "")
    return Panel(title, _words(mix), partial(_draw, mix=mix, most=most, tasks=tasks, left=left))


def _draw(axes: Axes, *, mix: TaskMix, most: float, tasks: int, left: float) -> None:
    axes.annotate(
        shortened(_below(mix), 52), (0, 1), (-left, 5), xycoords="axes fraction",
        textcoords="offset points", color=SOFT,
    )  # fmt: skip
    names = [shortened(share.task, _LONGEST_NAME) for share in mix.shares]
    axes.set_yticks(range(len(names)), names)
    axes.set(xlim=(0, most), ylim=(tasks - 0.5, -0.5), xticks=[])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    bottom = len(names) - 0.5
    for y, share in enumerate(mix.shares):
        drawn = share.drawn / _total(mix)
        (bar,) = axes.barh([y], [drawn], height=0.63, color=COLOURS["c1"][0], alpha=0.85)
        hint(bar, f"drawn {share.drawn:,} times")
        axes.annotate(
            f"{100 * drawn:.1f} %", (1, y), (_NUMBERS, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="center",
        )  # fmt: skip
        if share.rows_share is not None:
            axes.plot([share.rows_share] * 2, [y - 0.42, y + 0.42], color=INK)
    axes.plot([1 / len(names)] * 2, [-0.5, bottom], color=SOFT, linewidth=1, dashes=(3, 3))
    axes.plot([0, 0], [-0.5, bottom], color=LINE, linewidth=1)


def _below(mix: TaskMix) -> str:
    seeds = "1 seed" if len(mix.seeds) == 1 else f"{len(mix.seeds)} seeds"
    drawn = f"{_total(mix):,} episodes, {seeds}"
    return f"{mix.sampler}; {drawn}" if mix.sampler else drawn


def _words(mix: TaskMix) -> str:
    total = _total(mix)
    said = [
        f"{share.task} {100 * share.drawn / total:.1f} %"
        + (f" (rows {100 * share.rows_share:.1f} %)" if share.rows_share is not None else "")
        for share in mix.shares
    ]
    return f"{_below(mix)}: {'; '.join(said)}."


def _caption(mixes: Sequence[TaskMix]) -> Iterator[str]:
    yield "Bars: the share of the episodes of all meta seeds; dashed line: equal shares."
    if any(share.rows_share is not None for mix in mixes for share in mix.shares):
        yield "Upright stroke: the task's share of all training examples."
    if any(len(mix.methods) > 1 for mix in mixes):
        yield "Methods that drew the same are shown once."
