"""From values to pixels, with round numbers at the ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, final

__all__ = ["Scale"]

_NOT_WHOLE = 2.5
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_LOG_STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))
_FEWEST = 3


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """A linear or logarithmic axis.

    Args:
        low: value at ``start``.
        high: value at ``end``.
        start: pixel of ``low``.
        end: pixel of ``high``.
        ticks: values that are written at the axis.
        log: whether equal factors are equally far apart.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    log: bool = False

    @classmethod
    def linear(cls, values: Sequence[float], start: float, end: float, *, count: int = 5) -> Self:
        """Return an axis over all values, widened to the ticks around them."""
        low, high = min(values), max(values)
        if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
            room = 0.5 * max(abs(low), 1e-3)
            low, high = low - room, high + room
        step = _step((high - low) / count)
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        ticks = tuple(round(index * step, 12) for index in range(first, last + 1))
        return cls(ticks[0], ticks[-1], start, end, ticks)

    @classmethod
    def snug(cls, low: float, high: float, start: float, end: float, *, count: int = 4) -> Self:
        """Return an axis that ends where its values end, with the ticks that lie inside."""
        return cls._inside(low, high, start, end, step=_step((high - low) / count))

    @classmethod
    def counted(cls, high: float, start: float, end: float) -> Self:
        """Return an axis from 0 whose ticks are whole numbers."""
        step = max(1.0, _step(high / 4))
        return cls._inside(0.0, high, start, end, step=5.0 if step == _NOT_WHOLE else step)

    @classmethod
    def _inside(cls, low: float, high: float, start: float, end: float, *, step: float) -> Self:
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        ticks = tuple(round(index * step, 12) for index in range(first, last + 1))
        return cls(low, high, start, end, ticks)

    @classmethod
    def logarithmic(cls, values: Sequence[float], start: float, end: float) -> Self:
        """Return an axis over positive values with a little room at both ends."""
        low, high = min(values), max(values)
        room = max(0.08 * math.log10(high / low), 0.04)
        low, high = low * 10**-room, high * 10**room
        every = [_log_ticks(low, high, steps) for steps in _LOG_STEPS]
        enough = (ticks for ticks in every if len(ticks) >= _FEWEST)
        ticks = next(enough, cls.snug(low, high, start, end, count=3).ticks)
        return cls(low, high, start, end, ticks, log=True)

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        turn: Callable[[float], float] = math.log10 if self.log else float
        low, high = turn(self.low), turn(self.high)
        return self.start + (turn(value) - low) / (high - low) * (self.end - self.start)


def _step(rough: float) -> float:
    """Return the smallest round number that is not below ``rough``."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in _ROUND if power * factor >= rough * (1 - 1e-9))


def _log_ticks(low: float, high: float, steps: Sequence[float]) -> tuple[float, ...]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = (step * 10.0**power for power in powers for step in steps)
    return tuple(value for value in every if low <= value <= high)
