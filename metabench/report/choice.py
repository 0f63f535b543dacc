"""What a reader asks of a leaderboard, apart from its baselines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

__all__ = ["Choice"]


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """What to show and how; the value without arguments is what the benchmark file says.

    Args:
        metric: shown, by name, in place of the primary one in every column that has it.
        columns: names of the columns to keep; empty for all. The average is over the targets that
            are kept. It may be named too, to keep it.
        alpha: in place of that of the benchmark file.
        allow_missing: average over the scores that are there, and mark it.
        sort: name of a column (``average`` too), best first; None for the order of the file.
    """

    metric: str | None = None
    columns: tuple[str, ...] = ()
    alpha: float | None = None
    allow_missing: bool = False
    sort: str | None = None
