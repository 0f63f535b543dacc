"""From a run folder to a tracker: each cell, each step once."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import final

import metabench
from metabench_trackers.ledger import Ledger
from metabench_trackers.tracked import END, METRICS, Step, Steps, TrackedCell, TrackedRun
from metabench_trackers.tracker import Tracker, TrackerRun

__all__ = ["follow"]

_INTERVAL_SECONDS = 2.0
_MOST_STEPS = 500
_MOST_BYTES = 1 << 16


def follow(tracker: Tracker, run: TrackedRun, named: int) -> None:
    """Send what a tracker has not, then what happens, until the run has ended or was killed.

    Args:
        tracker: the tracker.
        run: the run folder.
        named: number of the open file that names a cell per line, and ends with the observer.
    """
    follower = _Follower(tracker, run)
    try:
        follower.send_ended()
        for keys in _named_cells(named):
            follower.watched.update(key for key in keys if key in run.cells)
            follower.look()
            if END in keys:
                follower.send_ended()
                _send_leaderboard(tracker, run)
    finally:
        tracker.close()


@final
class _Follower:
    """The cells of a run that a tracker is sent."""

    def __init__(self, tracker: Tracker, run: TrackedRun) -> None:
        self.watched: set[str] = set()
        self._tracker, self._run = tracker, run
        self._ledger = Ledger(run.place, tracker.to)
        self._open: dict[str, tuple[TrackerRun, Steps]] = {}

    def send_ended(self) -> None:
        """Send every cell that has ended and that the tracker does not have."""
        for cell in self._run.cells.values():
            self._send(cell, live=False)

    def look(self) -> None:
        """Send the new steps of the cells that are watched, and their ends."""
        for key in sorted(self.watched):
            if self._send(self._run.cells[key], live=self._tracker.live):
                self.watched.discard(key)

    def _send(self, cell: TrackedCell, *, live: bool) -> bool:
        """Send what is new of a cell; return whether it has ended with it."""
        record = cell.record()
        new = record is not None and not self._ledger.has(cell.key, str(record["sha256"]))
        steps = Steps(cell.folder / METRICS)
        if not new and not (live and steps.file.exists()):
            return False
        if cell.key not in self._open:
            self._open[cell.key] = self._tracker.open(cell), steps
        sent, steps = self._open[cell.key]
        for batch in _batches(steps.after(sent.last)):
            sent.log(batch)
            sent.last = batch[-1].number
        if record is None or not new:
            return False
        sent.finish(str(record["status"]), record.get("scores") or {})
        self._ledger.add(cell.key, str(record["sha256"]))
        del self._open[cell.key]
        return True


def _batches(steps: Iterator[Step]) -> Iterator[list[Step]]:
    batch: list[Step] = []
    for step in steps:
        batch.append(step)
        if len(batch) == _MOST_STEPS:
            yield batch
            batch = []
    if batch:
        yield batch


def _named_cells(number: int) -> Iterator[list[str]]:
    """Yield the cells that the observer names, none every two seconds, until it is gone."""
    unread = b""
    while True:
        ready, _, _ = select.select([number], [], [], _INTERVAL_SECONDS)
        read = os.read(number, _MOST_BYTES) if ready else b""
        *lines, unread = (unread + read).split(b"\n")
        yield [line.decode(errors="replace") for line in lines]
        if ready and not read:
            return


def _send_leaderboard(tracker: Tracker, run: TrackedRun) -> None:
    """Send the leaderboard in the formats that people and programs read."""
    board = metabench.load(run.folder).leaderboard()
    texts = {
        "report.html": board.text("html"),
        "leaderboard.json": board.text("json"),
        "leaderboard.csv": board.text("csv"),
        "leaderboard.md": board.text("markdown"),
    }
    for name, text in texts.items():
        run.place.write(name, text)
    tracker.leaderboard([run.place.path / name for name in texts])
