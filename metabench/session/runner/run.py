"""A run: what is not done yet, in order, one record each."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from metabench.api.events import CellEnded, RunEnded, RunStarted
from metabench.plan.states import cell_states
from metabench.session.runner.launch import launch
from metabench.session.runner.policy import RunPolicy, to_do
from metabench.session.runner.queue import CellQueue
from metabench.session.runner.record import run_note
from metabench.session.runner.scoring import score_again
from metabench.session.runner.signals import Stopping
from metabench.session.runtime import Assignment, Requested, RunSummary, Runtime
from metabench.spec.write import to_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from metabench.api.events import Event
    from metabench.plan.plan import Plan
    from metabench.plugin.catalog import Catalog
    from metabench.store.run_folder import Store

__all__ = ["run_plan"]

_ALL = RunPolicy()


def run_plan(
    plan: Plan,
    *,
    catalog: Catalog,
    store: Store,
    runtime: Runtime,
    emit: Callable[[Event], None],
    policy: RunPolicy = _ALL,
) -> RunSummary:
    """Run every cell of a plan that is not done; write what was asked first.

    Other processes may run the same plan in the same folder: each cell is run by one of them.

    A cell that failed before stays a failure unless the policy says otherwise; a cell whose needs
    failed is ``skipped`` and leaves no record.

    Raises:
        SetupError: another process works on the folder with other settings, it cannot be written,
            or the device is not there.
        StoppedError: somebody asked to stop; running it again goes on.
    """
    note = run_note(plan, catalog, selection=policy.selection)
    texts = plan.benchmark.text, to_toml(plan.benchmark.spec)
    with store.join(*texts, note), Stopping(runtime.command) as stopping:
        seen = {cell.key: store.stamp(cell.folder) for cell in plan.cells}  # before they are read
        states = cell_states(plan, store)
        todo = to_do(plan, states, policy)
        planned = len(todo.cells) + len(todo.unscored)
        emit(RunStarted(str(store.folder), len(todo.done), planned))
        counts = Counter({"skipped": len(todo.blocked)})
        summary = RunSummary({})
        if planned:
            assignment = Assignment(
                folder=store.folder,
                benchmark=Requested(note.name, note.spec_hash),
                cells=plan.by_key,
                runtime=runtime,
                compute=plan.benchmark.spec.compute,
                files=catalog.files,
                observers=tuple(one for one in catalog.observers if one.watches_steps),
                seen=seen,
            )
            queue = CellQueue(todo.cells, todo.done, retries=runtime.retries)
            sources = {cell.key: states[cell.key].source for cell in todo.unscored}
            cells = _ends(queue, assignment, sources, emit=emit, stopping=stopping)
            summary = _walk(queue, cells, emit=emit, most=policy.max_failures)
        summary = replace(summary, counts=dict(+(counts + Counter(summary.counts))))
        emit(RunEnded(str(store.folder), summary.counts))
        return summary


def _ends(
    queue: CellQueue,
    assignment: Assignment,
    sources: Mapping[str, str],
    *,
    emit: Callable[[Event], None],
    stopping: Stopping,
) -> Generator[CellEnded]:
    """Yield how cells end: those first that need nothing but scores, by ``sources``."""
    for key, source in sources.items():
        ended = score_again(assignment.cells[key], source, assignment, emit=emit)
        if ended is None:
            queue.add(assignment.cells[key])
        else:
            yield ended
        stopping.end()
    if queue:
        yield from launch(queue, assignment, emit=emit, stopping=stopping)


def _walk(
    queue: CellQueue,
    cells: Generator[CellEnded],
    *,
    emit: Callable[[Event], None],
    most: int | None,
) -> RunSummary:
    counts: Counter[str] = Counter()
    failures: list[CellEnded] = []
    differing: list[CellEnded] = []
    with closing(cells):
        for ended in cells:
            counts[ended.status] += 1
            if ended.status != "ok":
                failures.append(ended)
            elif ended.message:
                differing.append(ended)
            if len(failures) == most:  # the generator is closed, which ends the workers
                return RunSummary(
                    dict(counts), tuple(failures), len(queue.drop()), tuple(differing)
                )
    for cell in queue.drop():
        message = "a cell that it needs has failed"
        emit(CellEnded(cell.key, cell.name, "skipped", 0.0, message=message))
        counts["skipped"] += 1
    return RunSummary(dict(counts), tuple(failures), differing=tuple(differing))
