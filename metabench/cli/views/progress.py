"""The progress of a run on stderr: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from metabench.cli.views.text import note
from metabench.frontend.pace import Pace
from metabench.frontend.progress import event_line, live_progress

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.frontend.progress import Show

__all__ = ["plain_progress", "progress"]


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
        line = event_line(event, pace)
        if line:
            note(line)

    yield show
