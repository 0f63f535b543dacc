"""One benchmark file of a command: checked and planned first, then run, then judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from metabench.api.events import Noticed, Progressed
from metabench.cli.command_line import again
from metabench.cli.failures import FailedCell, failure_lines
from metabench.cli.listing import reason_lines, state_counts
from metabench.cli.planning import make_plan
from metabench.cli.progress import progress
from metabench.cli.text import cells, note, warn
from metabench.errors import UsageError
from metabench.plugin.observers import notify

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.plan.plan import Plan
    from metabench.plan.selection import Selection
    from metabench.plugin.catalog import Catalog
    from metabench.results.store import Store
    from metabench.session.policy import RunPolicy
    from metabench.session.runtime import RunSummary, Runtime
    from metabench.tasks.hub import Hub

__all__ = ["Prepared", "prepare", "run_prepared", "verdict"]

_SOME_FAILED = 1


@final
@dataclass(frozen=True)
class Prepared:
    """A plan that is ready to be run, and where."""

    plan: Plan
    catalog: Catalog
    hub: Hub
    store: Store
    selection: Selection | None

    @property
    def selected(self) -> Plan:
        """The plan with the selected cells alone."""
        from dataclasses import replace

        if self.selection is None:
            return self.plan
        keys = self.selection.keys
        return replace(self.plan, cells=tuple(cell for cell in self.plan.cells if cell.key in keys))


def prepare(
    file: str,
    *,
    sets: Sequence[str],
    only: Sequence[str],
    smoke: bool,
    hub: Path | None,
    runs: Path,
) -> Prepared:
    """Check and plan a benchmark file and select what was asked for; nothing is written.

    Raises:
        MetabenchError: the file is not valid, something that it needs is not there, or nothing is
            selected.
    """
    from metabench.plan.selection import select
    from metabench.plan.states import with_stored_names
    from metabench.results.store import Store

    planned = make_plan(file, sets=sets, smoke=smoke, hub=hub)
    store = Store(runs / planned.folder_name)
    plan = with_stored_names(planned.plan, store)
    selection = select(plan, only) if only else None
    return Prepared(plan, planned.catalog, planned.hub, store, selection)


def refuse_shared_folders(prepared: Sequence[Prepared]) -> None:
    """Refuse two files of one name.

    Raises:
        UsageError: two files would write to one run folder.
    """
    seen: dict[Path, Prepared] = {}
    for one in prepared:
        other = seen.setdefault(one.store.folder, one)
        if other is not one:
            raise UsageError(
                f"its run folder would be {str(one.store.folder)!r}, which is that of"
                f" {str(other.plan.benchmark.path)!r}",
                where=str(one.plan.benchmark.path),
                hint="give one of them another name",
            )


def run_prepared(one: Prepared, policy: RunPolicy, runtime: Runtime) -> RunSummary:
    """Say what is there, run the rest, and show how it goes."""
    from metabench.plan.states import cell_states
    from metabench.session.policy import to_do
    from metabench.session.queue import cost
    from metabench.session.run import run_plan

    states = cell_states(one.plan, one.store)
    chosen = {cell.key: states[cell.key] for cell in one.selected.cells}
    note(f"run folder: {one.store.folder}")
    note(f"{cells(len(states))}: {state_counts(states)}")
    if one.selection is not None:
        only = ", ".join(one.selection.only)
        note(f"only {only}: {cells(len(chosen))}: {state_counts(chosen)}")
    for line in reason_lines(chosen):
        note(line)
    costs = {cell.key: cost(cell) for cell in to_do(one.plan, states, policy).cells}
    if one.plan.benchmark.spec.compute.deterministic:  # cuBLAS reads this once, when it begins
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with progress(costs) as show:
        return run_plan(
            one.plan,
            catalog=one.catalog,
            store=one.store,
            runtime=runtime,
            emit=_telling(one.catalog, show),
            policy=policy,
        )


def verdict(one: Prepared, summary: RunSummary) -> int:
    """Say what has failed and how to go on, and return the exit code."""
    from metabench.plan.states import cell_states

    states = cell_states(one.plan, one.store)
    failed = [
        _failed_cell(one, cell.folder)
        for cell in one.selected.cells
        if states[cell.key].state == "failed"
        or any(ended.key == cell.key for ended in summary.failures)
    ]
    skipped = summary.counts.get("skipped", 0)
    for line in failure_lines([cell for cell in failed if cell is not None]):
        note(line)
    for ended in summary.differing:
        note(f"{ended.name}: {ended.message}; both are kept, and one is shown")
    if skipped:
        note(f"skipped: {cells(skipped)}, because a cell that they need has failed")
    if summary.left:
        note(f"not begun: {cells(summary.left)}, because enough have failed")
    if failed or skipped or summary.left:
        note(f"run them again: {again(without=('--force',), add='--retry-failed')}")
        return _SOME_FAILED
    return _SOME_FAILED if summary.differing else 0


def _failed_cell(one: Prepared, folder: str) -> FailedCell | None:
    failure = one.store.failure(folder)
    return FailedCell.of(failure, one.store.cell_folder(folder)) if failure else None


def _telling(catalog: Catalog, show: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return what hands an event to the display and to observers; complains of each once.

    A display that cannot be written to, because its terminal or pipe is gone, costs no cell.
    """
    told: set[str] = set()

    def emit(event: Event) -> None:
        with suppress(OSError):
            show(event)
        # A step is told where it is done, so that one in another process is not told twice.
        heard = () if isinstance(event, Progressed) else notify(catalog.observers, event)
        for problem in (event.message,) if isinstance(event, Noticed) else map(str, heard):
            if problem not in told:
                told.add(problem)
                with suppress(OSError):
                    warn(problem)

    return emit
