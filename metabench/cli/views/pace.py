"""How much of a run is done, and how long the rest will take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import final

from metabench.api.events import (
    CellEnded,
    CellStarted,
    EndedElsewhere,
    Event,
    Progressed,
    RunStarted,
)

__all__ = ["Pace"]

_ENOUGH = 0.02  # share of the work from which the time left is worth saying


@final
class Pace:
    """Counts events; the time left assumes that work goes on at the pace so far.

    Args:
        costs: about how much work each cell that is to be run is, by its key.
        clock: seconds that only go forward.
    """

    def __init__(self, costs: Mapping[str, float], *, clock: Callable[[], float]) -> None:
        self._costs = costs
        self._clock = clock
        self._began = clock()
        self._running: dict[str, float] = {}
        self._tried: set[str] = set()
        self._spent = 0.0
        self._total = sum(costs.values())
        self.ended = 0
        self.planned = 0

    def count(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            self._began = self._clock()
            self.planned = event.planned
        elif isinstance(event, CellStarted):
            if event.key in self._tried:  # it is tried again
                self._spent -= self._costs.get(event.key, 0.0)
                self.ended -= 1
            self._tried.discard(event.key)
            self._running[event.key] = 0.0
        elif isinstance(event, Progressed):
            self._running[event.key] = event.step / max(event.total, 1)
        elif isinstance(event, EndedElsewhere):
            self.count(event.ended)
        elif isinstance(event, CellEnded):
            self._running.pop(event.key, None)
            self._spent += self._costs.get(event.key, 0.0)
            self._tried.add(event.key)
            self.ended += 1

    @property
    def share(self) -> float:
        """Share of the work of this run that is done, from 0 to 1."""
        partly = sum(self._costs.get(key, 0.0) * part for key, part in self._running.items())
        return min((self._spent + partly) / self._total, 1.0) if self._total > 0 else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end, None while too little is done to say."""
        share = self.share
        if share < _ENOUGH or not self.planned:
            return None
        return (self._clock() - self._began) * (1 - share) / share
