"""``metabench run``: run what is not done, then show the leaderboard."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metabench.cli.listing import cell_lines, reason_lines, state_counts
from metabench.cli.options import (
    file_argument,
    hub_option,
    runs_option,
    set_option,
    smoke_option,
    traceback_option,
)
from metabench.cli.planning import make_plan
from metabench.cli.progress import progress
from metabench.cli.show import echo_leaderboard
from metabench.cli.text import cells, note, warn
from metabench.plugin.observers import notify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from metabench.api.events import Event
    from metabench.plan.plan import Plan
    from metabench.plan.states import CellState
    from metabench.plugin.catalog import Catalog

__all__ = ["command"]

_SOME_FAILED = 1


@click.command("run")
@file_argument
@click.option("--dry-run", is_flag=True, help="Show every cell, whether it is done, and why not.")
@smoke_option
@set_option
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="What computes: auto, cpu, cuda or cuda:N.",
)
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Cells at a time, each in a process of its own.",
)  # fmt: skip
@click.option("--retry-failed", is_flag=True, help="Run the cells again that failed before.")
@runs_option
@hub_option
@traceback_option
def command(
    file: str,
    dry_run: bool,
    smoke: bool,
    sets: tuple[str, ...],
    device: str,
    jobs: int,
    retry_failed: bool,
    runs: Path,
    hub: Path | None,
) -> int:
    """Run a benchmark file, or what is left of it.

    FILE is a TOML file, or the name of a benchmark that ships with metabench, such as quickstart.
    Cells that are done are not run again: after an interruption, the same command goes on.
    """
    from metabench.plan.states import cell_states, with_stored_names
    from metabench.results.store import Store
    from metabench.session.queue import cost
    from metabench.session.run import run_plan
    from metabench.session.runtime import Runtime

    planned = make_plan(file, sets=sets, smoke=smoke, hub=hub)
    store = Store(runs / planned.folder_name)
    note(f"run folder: {store.folder}")
    plan = with_stored_names(planned.plan, store)
    states = cell_states(plan, store)
    note(f"{cells(len(states))}: {state_counts(states)}")
    if dry_run:
        for line in cell_lines(plan, states):
            click.echo(line)
        return 0
    for line in reason_lines(states):
        note(line)
    runtime = Runtime(
        hub=planned.hub,
        device=device,
        jobs=jobs,
        cache=runs / ".cache",
        command=("metabench", *sys.argv[1:]),
    )
    skipped = {"done", "unavailable", *(() if retry_failed else ("failed",))}
    costs = {cell.key: cost(cell) for cell in plan.cells if states[cell.key].state not in skipped}
    with progress(costs) as show:
        run_plan(
            plan,
            catalog=planned.catalog,
            store=store,
            runtime=runtime,
            emit=_telling(planned.catalog, show),
            retry_failed=retry_failed,
        )
    states = cell_states(plan, store)
    echo_leaderboard([store])
    click.echo(f"\nresults: {store.folder}")
    return _verdict(plan, states)


def _telling(catalog: Catalog, show: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return what hands an event to the display and to all observers; complains of each once."""
    told: set[str] = set()

    def emit(event: Event) -> None:
        show(event)
        for problem in map(str, notify(catalog.observers, event)):
            if problem not in told:
                told.add(problem)
                warn(problem)

    return emit


def _verdict(plan: Plan, states: Mapping[str, CellState]) -> int:
    """Say what has failed, and return the exit code."""
    counts = Counter(state.state for state in states.values())
    unfinished = [
        cell for cell in plan.cells if states[cell.key].state not in {"done", "unavailable"}
    ]
    if not unfinished:
        return 0
    note(f"without a result: {len(unfinished)} of {cells(len(states))}")
    for cell in unfinished:
        state = states[cell.key]
        skipped = state.state != "failed"
        note(f"  {cell.name}: {'a cell that it needs failed' if skipped else state.reason}")
    if counts["failed"]:
        note("  hint: log.txt in a cell's folder says more; --retry-failed runs them again")
    return _SOME_FAILED
