"""One benchmark file of a command: checked and planned first, then run, then judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from metabench.cli.inputs.command_line import again
from metabench.cli.views.cells import reason_lines, state_counts
from metabench.cli.views.failures import FailedCell, failure_lines
from metabench.cli.views.progress import progress
from metabench.cli.views.text import note
from metabench.quantities import cells

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.frontend.planning import Prepared
    from metabench.plan.states import PlanState
    from metabench.session.runner.policy import RunPolicy
    from metabench.session.runtime import RunSummary

__all__ = ["shown", "verdict"]

_SOME_FAILED = 1


@contextmanager
def shown(
    one: Prepared, found: PlanState, policy: RunPolicy, *, jobs: int
) -> Iterator[Callable[[Event], None]]:
    """Print the state of the plan; yield the display of its events."""
    from metabench.session.runner.policy import to_do

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
    with progress(planned, jobs=jobs) as show:
        yield show


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
