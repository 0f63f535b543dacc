"""A run: what is not done yet, in order, one record each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from metabench.api.events import CellEnded, RunEnded, RunStarted
from metabench.plan.states import cell_states
from metabench.session.asked import run_note
from metabench.session.launch import launch
from metabench.session.queue import CellQueue
from metabench.session.runtime import RunSummary, Runtime
from metabench.session.worker import Assignment
from metabench.spec.write import to_toml

if TYPE_CHECKING:
    from collections.abc import Callable

    from metabench.api.events import Event
    from metabench.plan.plan import Plan
    from metabench.plugin.catalog import Catalog
    from metabench.results.store import Store

__all__ = ["run_plan"]

_SETTLED = {"done", "failed", "unavailable"}


def run_plan(
    plan: Plan,
    *,
    catalog: Catalog,
    store: Store,
    runtime: Runtime,
    emit: Callable[[Event], None],
    retry_failed: bool = False,
) -> RunSummary:
    """Run every cell of a plan that is not done; write what was asked first.

    A cell that failed before stays a failure unless ``retry_failed``; a cell whose needs failed is
    ``skipped`` and leaves no record.

    Raises:
        SetupError: the folder is held by another process or cannot be written, or the device is
            not there.
    """
    with store.lock():
        store.commit_run(plan.benchmark.text, to_toml(plan.benchmark.spec), run_note(plan, catalog))
        states = cell_states(plan, store)
        settled = _SETTLED - ({"failed"} if retry_failed else set())
        todo = [cell for cell in plan.cells if states[cell.key].state not in settled]
        done = [cell.key for cell in plan.cells if states[cell.key].state == "done"]
        emit(RunStarted(str(store.folder), len(done), len(todo)))
        summary = RunSummary({}, ())
        if todo:
            assignment = Assignment(
                folder=store.folder,
                benchmark=plan.benchmark.spec.name,
                cells=plan.by_key,
                runtime=runtime,
                compute=plan.benchmark.spec.compute,
            )
            summary = _walk(CellQueue(todo, done), assignment, emit=emit)
        emit(RunEnded(str(store.folder), summary.counts))
        return summary


def _walk(queue: CellQueue, assignment: Assignment, *, emit: Callable[[Event], None]) -> RunSummary:
    counts: Counter[str] = Counter()
    failures = []
    for ended in launch(queue, assignment, emit=emit):
        counts[ended.status] += 1
        if ended.status != "ok":
            failures.append((ended.name, ended.status, ended.message))
    for cell in queue.drop():
        message = "a cell that it needs has failed"
        emit(CellEnded(cell.key, cell.name, "skipped", 0.0, message=message))
        counts["skipped"] += 1
        failures.append((cell.name, "skipped", message))
    return RunSummary(dict(counts), tuple(failures))
