"""A run: the cells that are not done, in order, one record each."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from metabench.api.events import CellEnded, RunEnded, RunStarted
from metabench.session.runner.launch import launch
from metabench.session.runner.policy import RunPolicy, to_do
from metabench.session.runner.queue import CellQueue
from metabench.session.runner.record import run_note
from metabench.session.runner.scoring import score_all
from metabench.session.runner.signals import Stopping
from metabench.session.runtime import Assignment, RunSummary, Runtime
from metabench.spec.write import to_toml
from metabench.store.processes import is_cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metabench.api.events import Event
    from metabench.plan.states import PlanState
    from metabench.plugin.catalog import Catalog

__all__ = ["run_plan"]

_ALL = RunPolicy()


def run_plan(
    found: PlanState,
    *,
    catalog: Catalog,
    runtime: Runtime,
    emit: Callable[[Event], None],
    policy: RunPolicy = _ALL,
) -> RunSummary:
    """Write the request, then run every cell of a plan that is not done.

    Cells completed since the plan was made are not run again.

    Other processes may run the same plan in the same folder: each cell is run by one of them.

    A failed cell stays a failure unless the policy retries it; a cell whose needs failed is
    ``skipped`` and has no record.

    Raises:
        SetupError: another process works on the folder with other settings, it cannot be written,
            or the device does not exist.
        StoppedError: a stop was requested; rerunning resumes.
        PluginError: the launcher does not work.
    """
    plan, store, states = found
    note = run_note(plan, catalog, selection=policy.selection)
    texts = plan.benchmark.text, to_toml(plan.benchmark.spec)
    cancelled = partial(is_cancelled, store.folder)
    with store.join(*texts, note), Stopping(runtime.command, cancelled=cancelled) as stopping:
        todo = to_do(plan, states, policy)
        planned = len(todo.cells) + len(todo.unscored)
        emit(RunStarted(str(store.folder), len(todo.done), planned))
        assignment = Assignment(
            folder=store.folder,
            benchmark=note.name,
            spec_hash=note.spec_hash,
            cells=plan.by_key,
            runtime=runtime,
            compute=plan.benchmark.spec.compute,
            files=catalog.files,
            observers=tuple(one for one in catalog.observers if one.watches_steps),
            seen={key: state.seen for key, state in states.items()},
        )
        queue = CellQueue(todo.cells, todo.done, retries=runtime.retries)
        sources = {cell.key: states[cell.key].source for cell in todo.unscored}
        scored = score_all(sources, queue, assignment, emit=emit, stopping=stopping)
        ends: list[CellEnded] = []
        trained = launch(queue, assignment, catalog, emit=emit, stopping=stopping)
        with closing(trained):
            for ended in chain(scored, trained):
                ends.append(ended)
                if ended.status != "ok" and _gives_up(ends, policy):
                    break  # the generator is closed, which ends the workers
            else:
                stopping.end()
        summary = _summary(
            ends, queue, len(todo.blocked), given_up=_gives_up(ends, policy), emit=emit
        )
        emit(RunEnded(str(store.folder), summary.counts))
        return summary


def _gives_up(ends: Sequence[CellEnded], policy: RunPolicy) -> bool:
    return sum(ended.status != "ok" for ended in ends) == policy.max_failures


def _summary(
    ends: Sequence[CellEnded],
    queue: CellQueue,
    blocked: int,
    *,
    given_up: bool,
    emit: Callable[[Event], None],
) -> RunSummary:
    """Return the summary of a run; remaining cells did not start, or their needs failed."""
    left = queue.drop()
    skipped = () if given_up else left
    for cell in skipped:
        message = "a cell that it needs has failed"
        emit(CellEnded(cell.key, cell.name, "skipped", 0.0, message=message))
    counts = Counter(ended.status for ended in ends) + Counter(skipped=blocked + len(skipped))
    return RunSummary(
        dict(counts),
        tuple(ended for ended in ends if ended.status != "ok"),
        len(left) - len(skipped),
        tuple(ended for ended in ends if ended.status == "ok" and ended.message),
    )
