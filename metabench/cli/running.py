"""One benchmark file of a command: checked and planned first, then run, then judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from metabench.api.events import Noticed, Progressed
from metabench.cli.inputs.command_line import again
from metabench.cli.views.cells import reason_lines, state_counts
from metabench.cli.views.failures import FailedCell, failure_lines
from metabench.cli.views.progress import progress
from metabench.cli.views.text import cells, note, warn
from metabench.plugin.observers import notify

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.cli.inputs.benchmark import Prepared
    from metabench.plan.states import PlanState
    from metabench.plugin.catalog import Catalog
    from metabench.session.runner.policy import RunPolicy
    from metabench.session.runtime import RunSummary

__all__ = ["shown", "verdict"]

_SOME_FAILED = 1


@contextmanager
def shown(one: Prepared, found: PlanState, policy: RunPolicy) -> Iterator[Callable[[Event], None]]:
    """Print the present state; yield a function that shows events and notifies observers."""
    from metabench.session.runner.policy import to_do
    from metabench.session.runner.queue import cost

    states = found.states
    chosen = {cell.key: states[cell.key] for cell in one.selected.cells}
    note(f"run folder: {one.store.folder}")
    note(f"{cells(len(states))}: {state_counts(states)}")
    if one.selection is not None:
        only = ", ".join(one.selection.only)
        note(f"only {only}: {cells(len(chosen))}: {state_counts(chosen)}")
    for line in reason_lines(chosen):
        note(line)
    planned = to_do(one.plan, states, policy).cells
    costs = {cell.key: cost(cell) for cell in planned}
    if one.plan.benchmark.spec.compute.deterministic:  # cuBLAS reads this once, when it begins
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with progress(costs, stages={cell.key: cell.kind for cell in planned}) as show:
        yield _telling(one.catalog, show)


def verdict(one: Prepared, before: PlanState, summary: RunSummary) -> int:
    """Print the failures, new and old, and how to continue; return the exit code."""
    doubtful = {ended.key for ended in summary.failures}
    doubtful.update(key for key, state in before.states.items() if state.state == "failed")
    looked = (_failed_cell(one, cell.folder) for cell in one.selected.cells if cell.key in doubtful)
    failed = [cell for cell in looked if cell is not None]
    skipped = summary.counts.get("skipped", 0)
    for line in failure_lines(failed):
        note(line)
    for ended in summary.differing:
        note(f"{ended.name}: {ended.message}; both are kept, and one is shown")
    if skipped:
        note(f"skipped: {cells(skipped)}, because a cell that they need has failed")
    if summary.left:
        note(f"not started: {cells(summary.left)}, because enough have failed")
    if failed or summary.failures or skipped or summary.left:
        note(f"run them again: {again(without=('--force',), add='--retry-failed')}")
        return _SOME_FAILED
    return _SOME_FAILED if summary.differing else 0


def _failed_cell(one: Prepared, folder: str) -> FailedCell | None:
    failure = one.store.failure(folder)
    return FailedCell.of(failure, one.store.cell_folder(folder)) if failure else None


def _telling(catalog: Catalog, show: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return a function that passes events to the display and observers; report each fault once.

    A display that cannot be written to, because its terminal or pipe is gone, fails no cell.
    """
    told: set[str] = set()

    def emit(event: Event) -> None:
        with suppress(OSError):
            show(event)
        # Steps are observed in their own process, so those of another one are not repeated here.
        heard = () if isinstance(event, Progressed) else notify(catalog.observers, event)
        for problem in (event.message,) if isinstance(event, Noticed) else map(str, heard):
            if problem not in told:
                told.add(problem)
                with suppress(OSError):
                    warn(problem)

    return emit
