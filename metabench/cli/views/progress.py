"""The progress of a run on stderr: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from metabench.cli.views.text import note
from metabench.frontend.pace import Pace, pace_of
from metabench.frontend.progress import event_line, live_progress

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.frontend.progress import Show
    from metabench.plan.cell import Cell

__all__ = ["plain_progress", "progress"]


def progress(cells: Sequence[Cell], *, jobs: int = 1) -> AbstractContextManager[Show]:
    """Return a display of the events of cells, of which some run at a time."""
    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    pace = pace_of(cells, jobs=jobs)
    return live_progress(pace) if live else plain_progress(pace)


@contextmanager
def plain_progress(pace: Pace) -> Iterator[Show]:
    """Yield a display that prints one line whenever a cell ends."""

    def show(event: Event) -> None:
        pace.count(event)
        line = event_line(event, pace)
        if line:
            note(line)

    yield show
