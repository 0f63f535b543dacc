"""The agents of a run, as their coordinator sees them."""

from __future__ import annotations

import time
from collections import Counter, deque
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar, final

from metabench.api.launcher import LostAgent
from metabench.errors import SetupError
from metabench.plugin.guard import guarded
from metabench.session.cell.checkout import checkout
from metabench.session.runner.agent_state import AgentState
from metabench.session.runner.launching import agent_command
from metabench.session.runner.parcels import PARCELS
from metabench.session.runner.returns import Returns
from metabench.session.runner.wire import (
    needed_cells,
    packed,
    packed_assignment,
    packed_cell,
    packed_event,
    unpacked,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from metabench.api.events import Event
    from metabench.plan.cell import Cell
    from metabench.session.runner.launching import Launching
    from metabench.session.runtime import Assignment

__all__ = ["LOSSES", "Crew"]


ValueT = TypeVar("ValueT")

_FAILED_STARTS = 3
"""Consecutive agents that end before they take a cell, after which no other is started."""
_PATIENCE_SECONDS = 60.0
"""Time in which agents may be lost at their start: a cluster starts some on nodes that are gone
until it has noticed that."""
LOSSES: Final = 5
"""Agents lost with one cell, after which it is recorded as a failure: it may be the cause."""
_FAULTS = 3
"""Consecutive cells lost on a node, after which no agent is started there."""


@final
class Crew:
    """Agents of one launcher.

    Args:
        launching: the launcher that starts them.
        assignment: the assignment of all of them.
    """

    def __init__(self, launching: Launching, assignment: Assignment) -> None:
        self._launcher = launching.open(agent_command(assignment))
        self._launching = launching
        self.one_machine = self._launcher.one_machine
        self._assignment = assignment
        self._size = self._launcher.agents or assignment.runtime.jobs
        shared = self._launcher.shares_folder
        self._returns = None if shared else Returns(assignment)
        self._own: deque[tuple[AgentState, dict[str, Any]]] = deque()
        known = None if shared else checkout()
        values = packed_assignment(assignment)
        self._begin = packed("begin", shared=shared, checkout=known, **values)
        self._agents: dict[str, AgentState] = {}
        self._numbers = count(1)
        self._failed_starts = 0
        self._failing_since = 0.0
        self._faults: Counter[str] = Counter()
        self._in_a_row = 0
        self._drained: set[str] = set()

    @property
    def busy(self) -> list[AgentState]:
        """The agents that have a cell."""
        return [agent for agent in self._agents.values() if agent.cell is not None]

    def idle(self) -> AgentState | None:
        """Return an agent that can take a cell; None where there is none now."""
        return next((agent for agent in self._agents.values() if agent.idle), None)

    def find(self, name: str) -> AgentState | None:
        """Return an agent; None where it is gone already."""
        return self._agents.get(name)

    def start(self, cells: int) -> None:
        """Start agents for so many cells that wait, as far as there is room.

        Raises:
            SetupError: no agent can be started.
        """
        free = sum(agent.cell is None for agent in self._agents.values())
        for _ in range(min(self._size - len(self._agents), cells - free)):
            agent = AgentState(f"agent-{next(self._numbers)}", self._assignment.limits)
            agent.accepted = not self._assignment.runtime.same_hardware
            try:
                self._ask(partial(self._launcher.start, agent.name))
            except SetupError:
                if not self._agents or not self._drained:
                    raise
                self._size = len(self._agents)  # the nodes that are left have no room for more
                return
            self._agents[agent.name] = agent
            self._send(agent, self._begin)

    def refuse(self, agent: AgentState) -> None:
        """Put an agent of unwanted hardware away, and do without it or have another node.

        Raises:
            SetupError: it was the last that could be started.
        """
        if self.one_machine or agent.node in self._drained:
            self._size -= 1
        self._drain(agent.node)
        self.put_away(agent)
        if self._size <= 0:
            raise SetupError(
                "no agent has the hardware of the run's first",
                where="--same-hardware",
                hint="start the run where its first cells were computed, or without it",
            )

    def give(self, agent: AgentState, cell: Cell, attempt: int) -> None:
        """Give an agent a cell, for the first time or once more."""
        agent.take(cell, attempt)
        cells = [packed_cell(one) for one in _distinct(cell, self._assignment)]
        if self._returns is None:
            seen = self._assignment.seen.get(cell.key)
            self._send(agent, packed("cell", cells=cells, seen=seen, attempt=attempt))
            return
        elsewhere = self._returns.begin(agent.name, cell)
        if elsewhere is not None:
            self._own.append((agent, {"kind": "event", **packed_event(elsewhere)}))
            return
        inputs = self._returns.inputs(agent.name)
        self._send(agent, packed("cell", cells=cells, inputs=inputs, attempt=attempt))
        for line in self._returns.state(agent.name):
            self._send(agent, line)

    def ask_to_stop(self) -> None:
        """Have all agents end their cells after their steps; once is enough."""
        for agent in self.busy:
            if not agent.asked:
                agent.asked = True
                self._send(agent, packed("stop"))

    def receive(self, seconds: float) -> Iterator[tuple[AgentState, dict[str, Any] | LostAgent]]:
        """Yield the agents' messages; wait at most so many seconds for the first."""
        while self._own:
            yield self._own.popleft()
        for one in self._ask(partial(self._launcher.receive, seconds)):
            agent = self._agents.get(one.agent)
            if agent is None:
                continue
            if isinstance(one, LostAgent):
                del self._agents[one.agent]
                self.release(agent)
                self._count_start(agent, one)
                yield agent, one
                continue
            message = unpacked(one.line)
            if message["kind"] == "ready":
                agent.node, self._failed_starts = message["host"], 0
            elif message["kind"] in PARCELS:
                self._pass(agent, message)
            else:
                yield agent, message

    def end_overdue(self) -> None:
        """End the agents whose cell should have ended by its limit."""
        for agent in self.busy:
            if not agent.exceeded and (found := agent.overdue()):
                agent.exceeded = found
                self._ask(partial(self._launcher.end, agent.name, stacks=agent.began))

    def ended(self, agent: AgentState, event: Event) -> Event:
        """Return the end of an agent's cell, which is free from now on."""
        found = event if self._returns is None else self._returns.ended(agent.name, event)
        self.release(agent)
        return found

    def release(self, agent: AgentState) -> None:
        """Let others have an agent's cell, where it is held here."""
        if self._returns is not None:
            self._returns.release(agent.name)

    def put_away(self, agent: AgentState) -> None:
        """End an agent that runs no other cell; `start` starts another one."""
        if self._agents.pop(agent.name, None) is not None:
            self._ask(partial(self._launcher.end, agent.name))

    @property
    def hopeless(self) -> bool:
        """Whether so many agents have failed since the last cell ended that all others would."""
        return self._in_a_row >= _FAULTS * (self._size + 1)

    def blame(self, node: str, *, failed: bool = False) -> bool:
        """Count a cell that was lost on a node; return whether the node is left out from now on.

        Args:
            node: the node.
            failed: whether the cell failed there, which may be the cell's fault: the last node is
                not left out for that.
        """
        self._faults[node] += 1
        self._in_a_row += 1
        nodes = {agent.node for agent in self._agents.values()} - {"", *self._drained}
        last = failed and nodes <= {node}
        left_out = bool(node) and self._faults[node] >= _FAULTS and node not in self._drained
        left_out = left_out and not last
        if left_out:
            self._drain(node)
        return left_out

    def praise(self, node: str) -> None:
        """Note that a cell has ended on a node."""
        self._in_a_row = 0
        self._faults.pop(node, None)

    def close(self) -> None:
        """End all agents; those without a cell clean up."""
        for agent in self._agents.values():
            if agent.cell is None:
                self._send(agent, packed("end"))
            else:
                self._ask(partial(self._launcher.end, agent.name))
        self._ask(self._launcher.close)
        if self._returns is not None:
            self._returns.close()

    def _pass(self, agent: AgentState, message: dict[str, Any]) -> None:
        """Take the files of an agent's cell, or send it those that it wants."""
        agent.heard()
        if self._returns is not None:
            for line in self._returns.passed(agent.name, message):
                self._send(agent, line)

    def _drain(self, node: str) -> None:
        if node not in self._drained:
            self._drained.add(node)
            self._ask(partial(self._launcher.drain, node))
        for agent in [agent for agent in self._agents.values() if agent.node == node]:
            agent.spent = True
            if agent.cell is None:
                self.put_away(agent)

    def _send(self, agent: AgentState, line: bytes) -> None:
        self._ask(partial(self._launcher.send, agent.name, line))

    def _ask(self, call: Callable[[], ValueT]) -> ValueT:
        """Return the launcher's return value.

        Raises:
            MetabenchError: the exception that it raised.
        """
        return self._launching.answered(guarded(call, watched=False))

    def _count_start(self, agent: AgentState, lost: LostAgent) -> None:
        if agent.node:
            return
        now = time.monotonic()
        if not self._failed_starts:
            self._failing_since = now
        self._failed_starts += 1
        patient = lost.cause == "lost" and now < self._failing_since + _PATIENCE_SECONDS
        if self._failed_starts >= _FAILED_STARTS and not patient:
            raise SetupError(
                f"no agent starts: {lost.reason}",
                where="--launcher",
                hint="see the agents' output; `metabench doctor` checks this machine",
            )


def _distinct(cell: Cell, assignment: Assignment) -> list[Cell]:
    return list({one.key: one for one in needed_cells(cell, assignment.cells)}.values())
