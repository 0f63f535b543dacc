"""What meta-training drew: a bar a task, beside its share of the training rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from metabench.api.report import TaskMix
from metabench.report.drawing.scale import Scale
from metabench.report.drawing.shapes import (
    Box,
    Figure,
    Panel,
    Path,
    Shape,
    Words,
    shortened,
    widest,
)

__all__ = ["mix_figures"]

_BARS = 150.0
_LINE = 19.0
_TOP = 44.0
_LONGEST_NAME = 150.0
_GAP = 10.0
_NUMBERS = 52.0
_EQUAL = (3.0, 3.0)


def mix_figures(mixes: Sequence[TaskMix]) -> Iterator[Figure]:
    """Yield the figure of all task mixes, nothing where nothing was drawn."""
    if not mixes:
        return
    names = min(widest([share.task for mix in mixes for share in mix.shares]), _LONGEST_NAME)
    most = max(
        max(share.drawn / _total(mix), share.rows_share or 0.0)
        for mix in mixes
        for share in mix.shares
    )
    scale = Scale(0.0, most, names + _GAP, names + _GAP + _BARS, ())
    yield Figure(
        name="task-mix",
        title="Tasks drawn in meta-training",
        caption=tuple(_caption(mixes)),
        panels=tuple(_panel(mix, scale) for mix in mixes),
    )


def _total(mix: TaskMix) -> int:
    return max(sum(share.drawn for share in mix.shares), 1)


def _panel(mix: TaskMix, scale: Scale) -> Panel:
    width = scale.end + _GAP + _NUMBERS
    title = ", ".join(mix.methods) + (f", for {mix.target}" if mix.target else "")
    low = _TOP + len(mix.shares) * _LINE
    shapes: list[Shape] = [
        Words(0, 16, shortened(title, width, 12), "title"),
        Words(0, 32, shortened(_below(mix), width), "soft"),
    ]
    for index, share in enumerate(mix.shares):
        y, drawn = _TOP + (index + 0.5) * _LINE, share.drawn / _total(mix)
        shapes += [
            Words(0, y + 4, shortened(share.task, scale.start - _GAP)),
            Box(scale.start, y - 6, scale(drawn) - scale.start, 12, "bar", _hint(share.drawn)),
            Words(scale.end + _GAP + _NUMBERS, y + 4, f"{100 * drawn:.1f} %", "text", "end"),
        ]
        if share.rows_share is not None:
            x = scale(share.rows_share)
            shapes.append(Path(((x, y - 8), (x, y + 8)), "share"))
    equal = scale(1 / len(mix.shares))
    shapes += [
        Path(((equal, _TOP), (equal, low)), "zero", _EQUAL),
        Path(((scale.start, _TOP), (scale.start, low)), "axis"),
    ]
    return Panel(f"Tasks drawn: {title}", _words(mix), width, low + 8, tuple(shapes))


def _below(mix: TaskMix) -> str:
    seeds = "1 seed" if len(mix.seeds) == 1 else f"{len(mix.seeds)} seeds"
    drawn = f"{_total(mix):,} episodes, {seeds}"
    return f"{mix.sampler}; {drawn}" if mix.sampler else drawn


def _hint(drawn: int) -> str:
    return f"drawn {drawn:,} times"


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
        yield "Upright stroke: the task's share of all training rows."
    if any(len(mix.methods) > 1 for mix in mixes):
        yield "Methods that drew the same are shown once."
