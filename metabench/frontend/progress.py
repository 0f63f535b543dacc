"""The progress of a run: lines, a live display on a terminal, a bar in a notebook."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, final

from metabench.api.events import (
    CellEnded,
    CellStarted,
    EndedElsewhere,
    Event,
    Noticed,
    Progressed,
    RunEnded,
    RunStarted,
)
from metabench.escape import visible
from metabench.frontend.pace import Pace
from metabench.quantities import cells, seconds_text

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Show", "event_line", "live_progress", "notebook_progress"]

_FAILED = "FAILED  "
_PAUSE = 0.5
"""Seconds between two updates of a notebook, each of which is a message to the browser."""
Show = Callable[[Event], None]


@contextmanager
def live_progress(pace: Pace) -> Iterator[Show]:
    """Yield a display with a bar for the run and for each running cell, below the plain lines."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False, emoji=False, markup=False, force_jupyter=False)
    display = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[detail]}", markup=False),
        console=console,
        transient=True,
    )
    with display:
        whole = display.add_task("run", total=1.0, detail="")
        bars: dict[str, TaskID] = {}

        def show(event: Event) -> None:
            pace.count(event)
            _draw(display, bars, event, pace)
            detail = f"{pace.ended}/{cells(pace.planned)}{_left(pace)}"
            display.update(whole, completed=pace.share, detail=detail)
            line = event_line(event, pace)
            if line:
                style = "red" if line.startswith(_FAILED) else None
                console.print(visible(line), markup=False, style=style, soft_wrap=True)

        yield show


@final
@dataclass
class _Bar:
    """A bar for the run, as a notebook shows it."""

    pace: Pace
    line: str = ""

    def _repr_html_(self) -> str:
        counted = f"{self.pace.ended}/{cells(self.pace.planned)}{_left(self.pace)}"
        return (
            f'<progress max="1" value="{self.pace.share:.3f}"></progress> {counted}'
            f"<br>{escape(visible(self.line))}"
        )


@contextmanager
def notebook_progress(
    pace: Pace, display: Callable[..., Any], *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Show]:
    """Yield a function that keeps a bar in the output of a notebook's cell.

    Args:
        pace: counts the events.
        display: IPython's ``display``.
        clock: seconds that only go forward.
    """
    bar = _Bar(pace)
    handle, shown = display(bar, display_id=True), clock()

    def show(event: Event) -> None:
        nonlocal shown
        pace.count(event)
        line = event_line(event, pace)
        if line or clock() - shown >= _PAUSE:
            bar.line, shown = line or bar.line, clock()
            handle.update(bar)

    yield show


def _draw(display: Progress, bars: dict[str, TaskID], event: Event, pace: Pace) -> None:
    if isinstance(event, CellStarted):
        bars[event.key] = display.add_task(visible(event.name), total=None, detail="")
    elif isinstance(event, Progressed) and event.key in bars:
        rate = pace.steps_per_second(event.key)
        speed = "" if rate is None else f", {rate:.3g} steps/s"
        detail = f"{event.stage} {event.step}/{event.total}{speed}{_scalars(event.scalars)}"
        display.update(
            bars[event.key], completed=event.step, total=event.total, detail=visible(detail)
        )
    elif isinstance(event, CellEnded) and event.key in bars:
        display.remove_task(bars.pop(event.key))


def event_line(event: Event, pace: Pace) -> str:
    """Return an event as a line; empty for a step and for what the end of the run counts."""
    match event:
        case Noticed():
            line = f"warning: {event.message}"
        case RunStarted(planned=0):
            line = f"nothing left to do: {cells(event.done)} done"
        case RunStarted():
            line = f"{cells(event.planned)} to run, {event.done} done"
        case CellEnded(status="skipped"):
            line = ""  # the summary has their number
        case CellEnded():
            line = _ended(event, pace)
        case EndedElsewhere():
            line = f"{_ended(event.ended, pace)}, by another process"
        case RunEnded():
            counts = sorted(event.counts.items())
            line = ", ".join(f"{count} {status}" for status, count in counts)
        case _:
            line = ""
    return line


def _ended(event: CellEnded, pace: Pace) -> str:
    if event.status != "ok":
        return f"{_FAILED}{event.name}: {event.status}: {event.message}"
    return (
        f"done    {event.name}{_scalars(event.scores)}, {seconds_text(event.wall_seconds)}"
        f" ({pace.ended}/{pace.planned}{_left(pace)})"
    )


def _left(pace: Pace) -> str:
    left = pace.seconds_left
    return f", about {seconds_text(left)} left" if left else ""


def _scalars(scalars: Mapping[str, float]) -> str:
    return "".join(f", {name.replace('_', ' ')} {value:.3f}" for name, value in scalars.items())
