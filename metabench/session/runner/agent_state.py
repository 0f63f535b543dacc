"""A coordinator's state of an agent: its cell, its silence, and its loss."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.errors import CellError

if TYPE_CHECKING:
    from metabench.api.launcher import LostAgent
    from metabench.plan.cell import Cell
    from metabench.session.runtime import Limits

__all__ = ["AgentLostError", "AgentState", "lost_error"]


class AgentLostError(CellError):
    """The process that ran a cell is gone."""

    status = "error"


class AgentOverdueError(AgentLostError):
    """The process that ran a cell had to be ended, because the cell took too long."""

    status = "timeout"


class AgentStoppedError(AgentLostError):
    """Somebody ended the process that ran a cell, so that the cell is still to be run."""

    status = "interrupted"


_GRACE = 5.0  # seconds that a cell has to end itself and to leave a record of it
_STARTING = 120.0  # seconds for an agent to load libraries and data before its first cell
_ERRORS = {"died": AgentLostError, "stopped": AgentStoppedError, "lost": AgentLostError}


@final
@dataclass
class AgentState:
    """An agent with at most one cell.

    Args:
        name: the launcher's name of it.
        limits: the time limits of a cell.
        node: its machine; empty until it is ready.
        cell: its cell.
        attempt: the number of the attempt at the cell, from 1.
        asked: whether it was asked to stop; then it takes no other cell.
        accepted: whether its hardware is that of the run, or any is.
        spent: whether its device has failed, or its node is left out: it takes no other cell.
        exceeded: the limit that its cell has exceeded, for which it is ended.
    """

    name: str
    limits: Limits
    node: str = ""
    cell: Cell | None = None
    attempt: int = 1
    asked: bool = False
    accepted: bool = True
    spent: bool = False
    exceeded: str = ""
    _given: float = 0.0
    _heard: float = 0.0
    _began: float | None = None

    @property
    def idle(self) -> bool:
        """Whether it can take a cell."""
        ready = bool(self.node) and self.accepted
        return ready and self.cell is None and not self.asked and not self.spent

    @property
    def wall_seconds(self) -> float:
        """Time since it was given its cell."""
        return time.monotonic() - self._given

    def take(self, cell: Cell, attempt: int) -> None:
        """Note which cell it was given."""
        self.cell, self.attempt = cell, attempt
        self._given = self._heard = time.monotonic()
        self._began = None

    def heard(self, *, began: bool = False) -> None:
        """Note a message, or the start of its cell."""
        self._heard = time.monotonic()
        if began:
            self._began = self._heard

    def overdue(self) -> str:
        """Return the limit that its cell should have ended itself for; "" where there is none."""
        now = time.monotonic() - (_GRACE if self._began else _STARTING)
        taken = 0.0 if self._began is None else now - self._began
        return self.limits.exceeded(taken=taken, silent=now - self._heard)

    @property
    def began(self) -> bool:
        """Whether its cell has started; before, it does not write its stacks."""
        return self._began is not None


def lost_error(agent: AgentState, lost: LostAgent) -> AgentLostError:
    """Return the error of a cell whose agent was lost."""
    if agent.exceeded:
        return AgentOverdueError(
            f"{agent.exceeded}, and its process had to be ended",
            where=agent.cell.name if agent.cell else "",
            hint="see in the cell's log.txt where it was; --cell-timeout SECONDS gives it longer",
        )
    return _ERRORS[lost.cause](
        f"the process that ran it is gone ({lost.reason})",
        hint="see whether the machine ran out of memory, and run it with fewer --jobs, or with"
        " --retries N",
    )
