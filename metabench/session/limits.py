"""How long a cell may take, and which failures may pass when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

__all__ = ["MAY_PASS", "RESUMABLE", "Limits"]

MAY_PASS = frozenset({"out_of_memory", "timeout", "plugin_error", "interrupted", "error"})
"""Failures that ``--retries`` tries again; the others end the same way each time."""

RESUMABLE = frozenset({"out_of_memory", "timeout"})
"""Failures that say nothing against the cell's last checkpoint, so that it stays."""


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """How long a cell may take.

    Args:
        cell_seconds: in one go; None is any time.
        hang_seconds: from one step to the next, or before the first and after the last one.
    """

    cell_seconds: float | None = None
    hang_seconds: float = 7200.0

    def exceeded(self, *, taken: float, silent: float) -> str:
        """Return what is wrong with a cell that has taken so long; "" where nothing is.

        Args:
            taken: seconds since it began.
            silent: seconds since its last step.
        """
        if self.cell_seconds is not None and taken >= self.cell_seconds:
            return f"took longer than {self.cell_seconds:g} seconds"
        if silent >= self.hang_seconds:
            return f"has not done a step for {self.hang_seconds:g} seconds"
        return ""

    def left(self, *, taken: float, silent: float) -> float:
        """Return the seconds until the first limit is reached, 0 where one is."""
        hang = self.hang_seconds - silent
        whole = hang if self.cell_seconds is None else self.cell_seconds - taken
        return max(0.0, min(hang, whole))
