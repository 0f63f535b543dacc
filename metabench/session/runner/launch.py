"""Cells in this process or by agents, with the same records either way."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, final

from metabench.api.events import CellEnded, CellStarted, EndedElsewhere, Noticed
from metabench.api.launcher import LostAgent
from metabench.errors import SetupError, StoppedError
from metabench.escape import visible
from metabench.session.cell.outcome import commit_failure
from metabench.session.estimate.refusal import device_name
from metabench.session.runner.agent_state import lost_error
from metabench.session.runner.claim import claim
from metabench.session.runner.crew import LOSSES, Crew
from metabench.session.runner.hardware import RunHardware
from metabench.session.runner.launching import LOCAL, find_launcher
from metabench.session.runner.turns import LISTENING, Emit, Ending, Pause, next_cell, settle
from metabench.session.runner.wire import error_of, event_of
from metabench.store.file_names import LOG
from metabench.store.problems import explained
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.plugin.catalog import Catalog
    from metabench.session.cell.context import WorkerContext
    from metabench.session.runner.agent_state import AgentState
    from metabench.session.runner.launching import Launching
    from metabench.session.runner.queue import CellQueue
    from metabench.session.runner.signals import Stopping
    from metabench.session.runtime import Assignment

__all__ = ["launch"]

_OF_SURROUNDINGS = frozenset({"out_of_memory", "timeout", "error"})
"""Failures of a cell that its node may be the reason of, and no plugin is."""


def launch(
    queue: CellQueue,
    assignment: Assignment,
    catalog: Catalog,
    *,
    emit: Emit,
    stopping: Stopping,
) -> Generator[CellEnded]:
    """Return the runner of a queue's cells, which yields as each ends; None where it is empty.

    After a requested stop it ends early; every cell that ran has a checkpoint.

    Raises:
        SetupError: the device, the store or the launcher fails.
    """
    jobs = min(assignment.runtime.jobs, len(queue))
    # Only another process can reliably end an overlong cell, and survives a fault of a GPU.
    asked = assignment.runtime.launcher, assignment.runtime.launcher_settings
    here = asked == (LOCAL, ()) and jobs <= 1
    alone = here and assignment.limits.cell_seconds is None
    if not queue or (alone and device_name(assignment.runtime.device) == "cpu"):
        return _in_this_process(queue, assignment, emit, stopping)
    launching = find_launcher(catalog, *asked)
    return _Coordinator(queue, assignment, launching, emit=emit, stopping=stopping).run()


def _in_this_process(
    queue: CellQueue, assignment: Assignment, emit: Emit, stopping: Stopping
) -> Generator[CellEnded]:
    if not queue:
        return
    from metabench.session.cell.context import open_context  # noqa: PLC0415  (torch loads here)
    from metabench.session.cell.run import run_cell  # noqa: PLC0415

    context, pause = open_context(assignment), Pause()
    _refuse_other_hardware(context)
    while not stopping.requested():
        cell = next_cell(queue, context.store, pause)
        if cell is None:
            if not queue.waits:
                break
            pause.wait()
            continue
        try:
            with claim(cell, context.store, assignment.seen.get(cell.key)) as elsewhere:
                found = elsewhere or run_cell(
                    cell,
                    context,
                    emit=emit,
                    stop=stopping.requested,
                    number=queue.attempt(cell.key),
                )
        except StoppedError as stopped:
            stopping.note(stopped)
            break
        ended = settle(queue, cell, found, emit=emit, assignment=assignment)
        if ended is not None:
            yield ended


def _refuse_other_hardware(context: WorkerContext) -> None:
    from metabench.session.cell.provenance import hardware_facts  # noqa: PLC0415  (loads torch)

    same = context.runtime.same_hardware
    found = RunHardware(context.store, same=same).differs(hardware_facts(context.device))
    if found:
        raise SetupError(
            f"this machine is of another kind than the run's first: {', '.join(found)}",
            where="--same-hardware",
            hint="start the run where its first cells were computed, or without it",
        )


@final
class _Coordinator:
    """Gives the cells of a queue to the agents of a launcher, and hears how they end."""

    def __init__(
        self,
        queue: CellQueue,
        assignment: Assignment,
        launching: Launching,
        *,
        emit: Emit,
        stopping: Stopping,
    ) -> None:
        self._queue, self._assignment = queue, assignment
        self._emit, self._stopping = emit, stopping
        self._store, self._pause = Store(assignment.folder), Pause()
        self._crew = Crew(launching, assignment)
        self._hardware = RunHardware(self._store, same=assignment.runtime.same_hardware)

    def run(self) -> Generator[CellEnded]:
        """Yield the ends of cells until all have ended or a stop was requested."""
        try:
            while self._hand_out():
                for agent, said in self._crew.receive(LISTENING):
                    cell = agent.cell
                    found = self._hear(agent, said)
                    if found is None or cell is None:
                        continue
                    ended = settle(
                        self._queue, cell, found, emit=self._emit, assignment=self._assignment
                    )
                    if ended is not None:
                        yield ended
                self._crew.end_overdue()
        finally:
            self._crew.close()

    def _hand_out(self) -> bool:
        """Assign cells to idle agents; return whether there is something to wait for.

        After a requested stop no cell is assigned, and working agents are asked to stop.
        """
        crew, queue = self._crew, self._queue
        if self._stopping.requested():
            crew.ask_to_stop()
            return bool(crew.busy)
        while (agent := crew.idle()) is not None:
            cell = next_cell(queue, self._store, self._pause)
            if cell is None:
                break
            crew.give(agent, cell, queue.attempt(cell.key))
        crew.start(len(queue) if crew.one_machine else queue.ready)
        return bool(crew.busy or queue.ready or queue.waits)

    def _hear(self, agent: AgentState, said: dict[str, Any] | LostAgent) -> Ending | None:
        """Pass a message on; return the end of a cell."""
        if isinstance(said, LostAgent):
            return self._lost(agent, said)
        if said["kind"] == "event":
            return self._event(agent, said)
        if said["kind"] == "opened":
            self._admit(agent, said["hardware"])
            return None
        error, cell = error_of(said), agent.cell
        agent.cell = None
        self._crew.release(agent)
        if said["kind"] == "stopped" and self._stopping.requested():
            self._stopping.note(error)
        elif said["kind"] == "stopped":
            self._give_back(agent, cell, error.problem)
        elif self._is_its_own(error):
            self._blame(agent)
            self._give_back(agent, cell, error.problem)
        else:
            raise error
        return None

    def _admit(self, agent: AgentState, facts: dict[str, str]) -> None:
        """Have an agent take cells, or name its node if its hardware is not the run's."""
        differing = self._hardware.differs(facts)
        agent.accepted = not differing
        if differing:
            node = agent.node or agent.name
            self._emit(Noticed(f"{node} is given no cells: {', '.join(differing)}"))
            self._crew.refuse(agent)

    def _event(self, agent: AgentState, said: dict[str, Any]) -> Ending | None:
        event = event_of(said)
        agent.heard(began=isinstance(event, CellStarted))
        if isinstance(event, CellEnded):
            event = self._crew.ended(agent, event)
        if not isinstance(event, EndedElsewhere):
            self._emit(event)
        if not isinstance(event, CellEnded | EndedElsewhere):
            return None
        agent.cell = None
        if isinstance(event, CellEnded) and event.status in _OF_SURROUNDINGS:
            self._blame(agent, failed=True)
        else:
            self._crew.praise(agent.node)
        if said.get("spent") or agent.spent:
            self._crew.put_away(agent)
        return event

    def _lost(self, agent: AgentState, lost: LostAgent) -> Ending | None:
        """Give the cell of a lost agent to another, or commit the failure that it could not."""
        cell = agent.cell
        if cell is None:
            return None
        if lost.cause == "lost" and not agent.exceeded and self._queue.losses(cell.key) < LOSSES:
            self._blame(agent)
            self._give_back(agent, cell, lost.reason)
            return None
        error = lost_error(agent, lost)
        with claim(cell, self._store, self._assignment.seen.get(cell.key)) as elsewhere:
            found = elsewhere or commit_failure(
                cell,
                error,
                self._assignment,
                message=error.problem,
                attempts=agent.attempt,
                wall_seconds=agent.wall_seconds,
            )
        if isinstance(found, CellEnded):
            self._emit(found)
        return found

    def _is_its_own(self, error: Exception) -> bool:
        """Return whether an error is due to the agent's machine, so that another may succeed."""
        crew = self._crew
        return isinstance(error, SetupError) and not crew.one_machine and not crew.hopeless

    def _blame(self, agent: AgentState, *, failed: bool = False) -> None:
        if self._crew.blame(agent.node, failed=failed):
            what = "three cells in a row failed or were lost there"
            self._emit(Noticed(f"{agent.node} gets no further cells: {what}"))

    def _give_back(self, agent: AgentState, cell: Cell | None, reason: str) -> None:
        """Requeue a cell that its agent cannot finish for a reason unrelated to the cell."""
        if cell is None:
            return
        reason = f"{agent.node or agent.name}: {reason}"
        self._emit(Noticed(f"{cell.name} is given to another agent: {reason}"))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        place = self._store.place(cell.folder)
        with explained(place.path), place.opened(make=True) as here, here.appended(LOG) as log:
            log.write(f"{now} given to another agent: {visible(reason)}\n".encode())
        self._queue.give_back(cell)
