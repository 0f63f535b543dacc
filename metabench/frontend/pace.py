"""How much of a run is done, and how long the rest will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, final

from metabench.api.events import (
    CellEnded,
    CellStarted,
    EndedElsewhere,
    Event,
    Progressed,
    RunStarted,
)

if TYPE_CHECKING:
    from metabench.plan.cell import Cell

__all__ = ["Pace", "pace_of"]

_ENOUGH = 0.02  # share of the work from which the remaining time is shown


@final
@dataclass
class _Timed:
    """A cell's times: its beginning, first step and duration, with the share that is done."""

    began: float
    first: tuple[int, float] | None = None
    step: int = 0
    part: float = 0.0
    seconds: float | None = None

    def spent(self, now: float) -> float:
        """Return the seconds since the first step; those before it load modules and data."""
        seconds = now - self.began if self.seconds is None else self.seconds
        return max(seconds - (0.0 if self.first is None else self.first[1] - self.began), 0.0)


@final
class Pace:
    """Counts events; the remaining time of a stage follows from the rate measured in it.

    The time until the first step of a cell counts for no other cell.

    Args:
        costs: about how much work each cell that is to be run is, by its key.
        clock: seconds that only go forward.
        stages: ``pretrain``, ``meta`` or ``adapt`` by key; a cell that is left out, and a stage of
            which nothing is done yet, goes by the rate of all others.
        jobs: cells that run at a time, where more have not been seen.
    """

    def __init__(
        self,
        costs: Mapping[str, float],
        *,
        clock: Callable[[], float],
        stages: Mapping[str, str] | None = None,
        jobs: int = 1,
    ) -> None:
        self._costs = costs
        self._clock = clock
        self._stages = stages or {}
        self._timed: dict[str, _Timed] = {}
        self._at_once = jobs
        self.planned = 0

    @property
    def ended(self) -> int:
        """Cells that have ended; one that is tried again has not."""
        return sum(one.seconds is not None for one in self._timed.values())

    def count(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, RunStarted):
            self.planned = event.planned
        elif isinstance(event, CellStarted):
            self._timed[event.key] = _Timed(self._clock())  # also of one that is tried again
            running = len(self._timed) - self.ended
            self._at_once = max(self._at_once, running)
        elif isinstance(event, Progressed):
            one = self._timed.setdefault(event.key, _Timed(self._clock()))
            one.part, one.step = event.step / max(event.total, 1), event.step
            one.first = one.first or (event.step, self._clock())
        elif isinstance(event, EndedElsewhere):
            self.count(event.ended)
        elif isinstance(event, CellEnded):
            one = self._timed.setdefault(event.key, _Timed(self._clock()))
            one.part, one.seconds = 1.0, event.wall_seconds

    def steps_per_second(self, key: str) -> float | None:
        """Return the rate of a running cell since its first step; None before its second."""
        one = self._timed.get(key)
        if one is None or one.seconds is not None or one.first is None or one.step <= one.first[0]:
            return None
        seconds = self._clock() - one.first[1]
        return (one.step - one.first[0]) / seconds if seconds > 0 else None

    @property
    def share(self) -> float:
        """Share of the work of this run that is done, from 0 to 1."""
        total = sum(self._costs.values())
        done = sum(self._costs.get(key, 0.0) * one.part for key, one in self._timed.items())
        return min(done / total, 1.0) if total > 0 else 1.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end, None while too little is done for an estimate."""
        if self.share < _ENOUGH or not self.planned:
            return None
        rates = self._rates()
        done = {key: one.part for key, one in self._timed.items()}
        rest = sum(
            cost * (1 - done.get(key, 0.0)) * rates[self._stages.get(key, "")]
            for key, cost in self._costs.items()
        )
        return rest / max(1, min(self._at_once, self.planned - self.ended))

    def _rates(self) -> Mapping[str, float]:
        """Return the seconds that a unit of work takes, by stage.

        One cell more, at the rate of all stages, keeps a stage's first cell from deciding alone.
        """
        now = self._clock()
        spent = {key: one.spent(now) for key, one in self._timed.items() if one.part}
        work = {key: self._costs.get(key, 0.0) * self._timed[key].part for key in spent}
        overall = sum(spent.values()) / (sum(work.values()) or math.inf)
        stages: dict[str, list[str]] = {}
        for key in self._costs:
            stages.setdefault(self._stages.get(key, ""), []).append(key)
        rates = {}
        for stage, keys in stages.items():
            cell = fmean(self._costs[key] for key in keys)
            done = cell + sum(work.get(key, 0.0) for key in keys)
            seconds = overall * cell + sum(spent.get(key, 0.0) for key in keys)
            rates[stage] = seconds / (done or math.inf)
        return rates


def pace_of(cells: Sequence[Cell], *, jobs: int) -> Pace:
    """Return the pace of cells; a gradient's work is in proportion to the examples of its batch.

    Args:
        cells: those that are to be run.
        jobs: how many of them run at a time.
    """
    from metabench.session.runner.queue import cost

    costs = {cell.key: cost(cell) * cell.work.settings.batch_size for cell in cells}
    stages = {cell.key: cell.kind for cell in cells}
    return Pace(costs, clock=time.monotonic, stages=stages, jobs=jobs)
