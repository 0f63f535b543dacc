"""How a run goes, on stderr: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from metabench.api.events import (
    CellEnded,
    CellStarted,
    EndedElsewhere,
    Event,
    Progressed,
    RunEnded,
    RunStarted,
)
from metabench.cli.views.pace import Pace
from metabench.cli.views.text import cells, note
from metabench.escape import visible
from metabench.quantities import seconds_text

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["live_progress", "plain_progress", "progress"]

_FAILED = "FAILED  "
Show = Callable[[Event], None]


def progress(
    costs: Mapping[str, float], *, stages: Mapping[str, str] | None = None
) -> AbstractContextManager[Show]:
    """Return a display of events, from the work and the stage of each cell by its key."""
    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    pace = Pace(costs, clock=time.monotonic, stages=stages)
    return live_progress(pace) if live else plain_progress(pace)


@contextmanager
def plain_progress(pace: Pace) -> Iterator[Show]:
    """Yield a display that prints one line whenever a cell ends."""

    def show(event: Event) -> None:
        pace.count(event)
        line = _line(event, pace)
        if line:
            note(line)

    yield show


@contextmanager
def live_progress(pace: Pace) -> Iterator[Show]:
    """Yield a display with a bar for the run and for each running cell, below the plain lines."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False, emoji=False, markup=False)
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
            line = _line(event, pace)
            if line:
                style = "red" if line.startswith(_FAILED) else None
                console.print(visible(line), markup=False, style=style)

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


def _line(event: Event, pace: Pace) -> str:
    match event:
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
