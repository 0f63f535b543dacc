"""How much of a run is done, and how long the rest will take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

_ENOUGH = 0.02  # share of the work from which the remaining time is shown


@final
@dataclass
class _Running:
    """A cell that runs: when it began, its share, and its steps since the first one."""

    began: float
    part: float = 0.0
    first: tuple[int, float] | None = None
    step: int = 0


@final
class Pace:
    """Counts events; the remaining time of a stage follows from the rate measured in it.

    Args:
        costs: about how much work each cell that is to be run is, by its key.
        clock: seconds that only go forward.
        stages: ``pretrain``, ``meta`` or ``adapt`` by key; a cell that is left out, and a stage of
            which nothing is done yet, goes by the rate of all others.
    """

    def __init__(
        self,
        costs: Mapping[str, float],
        *,
        clock: Callable[[], float],
        stages: Mapping[str, str] | None = None,
    ) -> None:
        self._costs = costs
        self._clock = clock
        self._stages = stages or {}
        self._running: dict[str, _Running] = {}
        self._seconds: dict[str, float] = {}
        self._at_once = 1
        self.planned = 0

    @property
    def ended(self) -> int:
        """Cells that have ended; one that is tried again has not."""
        return len(self._seconds)

    def count(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            self.planned = event.planned
        elif isinstance(event, CellStarted):
            self._seconds.pop(event.key, None)  # it is tried again
            self._running[event.key] = _Running(self._clock())
            self._at_once = max(self._at_once, len(self._running))
        elif isinstance(event, Progressed):
            one = self._running.setdefault(event.key, _Running(self._clock()))
            one.part, one.step = event.step / max(event.total, 1), event.step
            one.first = one.first or (event.step, self._clock())
        elif isinstance(event, EndedElsewhere):
            self.count(event.ended)
        elif isinstance(event, CellEnded):
            self._running.pop(event.key, None)
            self._seconds[event.key] = event.wall_seconds

    def steps_per_second(self, key: str) -> float | None:
        """Return the rate of a running cell since its first step; None before its second."""
        one = self._running.get(key)
        if one is None or one.first is None or one.step <= one.first[0]:
            return None
        seconds = self._clock() - one.first[1]
        return (one.step - one.first[0]) / seconds if seconds > 0 else None

    @property
    def share(self) -> float:
        """Share of the work of this run that is done, from 0 to 1."""
        total = sum(self._costs.values())
        return min(sum(self._done().values()) / total, 1.0) if total > 0 else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end, None while too little is done for an estimate."""
        if self.share < _ENOUGH or not self.planned:
            return None
        now, done = self._clock(), self._done()
        work: dict[str, float] = defaultdict(float)
        spent: dict[str, float] = defaultdict(float)
        began = {key: now - one.began for key, one in self._running.items()}
        for key, seconds in {**self._seconds, **began}.items():
            if done.get(key) and seconds > 0:
                for stage in {self._stages.get(key, ""), ""}:
                    work[stage] += done[key]
                    spent[stage] += seconds
        if not work[""]:
            return None
        rates = {stage: spent[stage] / work[stage] for stage in work}
        rest = sum(
            (cost - done.get(key, 0.0)) * rates.get(self._stages.get(key, ""), rates[""])
            for key, cost in self._costs.items()
        )
        return rest / max(1, min(self._at_once, self.planned - self.ended))

    def _done(self) -> Mapping[str, float]:
        """Return the work that is done of each cell."""
        ended = {key: self._costs.get(key, 0.0) for key in self._seconds}
        running = {key: self._costs.get(key, 0.0) * one.part for key, one in self._running.items()}
        return {**ended, **running}
