"""What each tracker does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from metabench_trackers.tracked import Step, TrackedCell

__all__ = ["Tracker", "TrackerRun"]


class TrackerRun(Protocol):
    """A cell's run in a tracker."""

    last: int
    """The last step that it has; later ones are to be sent."""

    def log(self, steps: Sequence[Step]) -> None:
        """Send steps."""

    def finish(self, status: str, scores: Mapping[str, float]) -> None:
        """Send the scores, by metric, and end the run."""


class Tracker(Protocol):
    """A tracker."""

    live: bool
    """Whether steps are sent as they are made; otherwise a cell is sent when it has ended."""
    to: str
    """Where it writes."""

    def open(self, cell: TrackedCell) -> TrackerRun:
        """Return the run of a cell, resumed where there is one."""

    def leaderboard(self, files: Sequence[Path]) -> None:
        """Send the leaderboard; an earlier one of this run folder is replaced."""

    def close(self) -> None:
        """End."""
