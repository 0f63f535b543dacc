"""``metabench run``: run the cells that are not done, then show the leaderboard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from metabench.cli.detaching import DETACH, detach
from metabench.cli.help import Command
from metabench.cli.inputs.benchmark import prepare
from metabench.cli.inputs.command_line import typed
from metabench.cli.inputs.installed import plugin_options
from metabench.cli.inputs.observing import observer_option
from metabench.cli.inputs.options import (
    device_option,
    files_argument,
    hub_option,
    json_option,
    runs_option,
    set_option,
    smoke_option,
    traceback_option,
)
from metabench.cli.running import shown, verdict
from metabench.cli.views.cells import cell_entries, cell_lines
from metabench.cli.views.leaderboard import echo_leaderboard
from metabench.cli.views.text import echo, echo_json, note, warn
from metabench.errors import UsageError
from metabench.frontend.planning import refuse_shared_folders
from metabench.frontend.running import check_setup, telling, with_observers
from metabench.store.file_names import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metabench.frontend.planning import Prepared
    from metabench.plan.states import CellState, PlanState
    from metabench.session.estimate.estimates import Estimates
    from metabench.session.runner.policy import RunPolicy
    from metabench.session.runtime import RunSummary, Runtime

__all__ = ["command"]


@click.command("run", cls=Command)
@files_argument
@click.option("--dry-run", is_flag=True, help="Show every cell with its cost; run nothing.")
@json_option
@click.option(
    "--only",
    multiple=True,
    metavar="KEY=VALUE",
    help="Run a part: method, target, task, seed, draw or kind; repeatable.",
)
@smoke_option
@set_option
@device_option
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=1, metavar="N",
    help="Run N cells at a time, each in a process.",
)  # fmt: skip
@click.option(
    "--launcher",
    default="local",
    metavar="NAME",
    help="Start the cells with this launcher, such as slurm.",
)
@click.option(
    "--launcher-set",
    "launcher_sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set an option of the launcher; repeatable.",
)
@click.option(
    "--same-hardware",
    is_flag=True,
    help="Compute all cells on the kind of processor and GPU that computed the first.",
)
@click.option(
    DETACH,
    "detached",
    is_flag=True,
    help="Run without this terminal; see `metabench attach`.",
)
@click.option("--retry-failed", is_flag=True, help="Rerun failed cells.")
@click.option("--force", is_flag=True, help="Rerun completed cells.")
@click.option("--fail-fast", is_flag=True, hidden=True, help="Stop at the first failed cell.")
@click.option(
    "--max-failures", type=click.IntRange(min=1), metavar="N", help="Stop after N failed cells."
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Retry a cell up to N times where that may help.",
)
@click.option(
    "--cell-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop a cell that takes longer.",
)
@click.option("--allow-drift", is_flag=True, help="Resume despite an environment mismatch.")
@observer_option
@runs_option
@hub_option
@plugin_options()
@traceback_option
def command(
    files: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    only: tuple[str, ...],
    smoke: bool,
    sets: tuple[str, ...],
    device: str,
    jobs: int,
    launcher: str,
    launcher_sets: tuple[str, ...],
    same_hardware: bool,
    detached: bool,
    retry_failed: bool,
    force: bool,
    fail_fast: bool,
    max_failures: int | None,
    observers: tuple[str, ...],
    retries: int,
    cell_timeout: float | None,
    allow_drift: bool,
    runs: Path,
    hub: Path | None,
) -> int:
    """Run a benchmark, skipping completed cells.

    FILE is a TOML file, or a benchmark that ships with metabench, such as quickstart. Rerun the
    command to resume.
    """
    from metabench.plan.states import PlanState
    from metabench.session.runner.policy import RunPolicy
    from metabench.session.runner.run import run_plan
    from metabench.session.runtime import Runtime

    if as_json and not dry_run:
        raise UsageError("--json goes with --dry-run", hint="see `metabench compare --json`")
    planned = [
        prepare(file, sets=sets, only=only, smoke=smoke, hub=hub, runs=runs)
        for file in dict.fromkeys(files)
    ]
    prepared = with_observers(planned, observers, warn)
    refuse_shared_folders(prepared)
    most = 1 if fail_fast else max_failures
    policy = RunPolicy(force=force, retry_failed=retry_failed, max_failures=most)
    runtime = Runtime(
        hub=prepared[0].hub,
        device=device,
        jobs=jobs,
        cache=runs / CACHE,
        command=typed(),
        cell_timeout=cell_timeout,
        retries=retries,
        allow_drift=allow_drift,
        launcher=launcher,
        launcher_settings=launcher_sets,
        same_hardware=same_hardware,
    )
    if dry_run:
        _echo_plans(prepared, policy, runtime, as_json=as_json)
        return 0
    first, *_ = [check_setup(one, policy, runtime, warn) for one in prepared]
    if detached:
        return detach(prepared[0].store)
    ended: list[_Ended] = []
    for one, mine in _in_turn(prepared, policy, ended):
        found = PlanState.of(one.plan, one.store) if ended else first
        with shown(one, found, mine, jobs=jobs) as show:
            summary = run_plan(
                found,
                catalog=one.catalog,
                runtime=runtime,
                emit=telling(one, show),
                policy=mine,
            )
        ended.append(_Ended(one, found, summary))
    return _conclude(ended)


class _Ended(NamedTuple):
    """A file that has been run: its state before, and its summary."""

    one: Prepared
    before: PlanState
    summary: RunSummary


def _in_turn(
    prepared: Sequence[Prepared], policy: RunPolicy, ended: Sequence[_Ended]
) -> Iterator[tuple[Prepared, RunPolicy]]:
    """Yield each file to run, with the remaining number of allowed failures."""
    most = policy.max_failures
    for one in prepared:
        failures = sum(len(each.summary.failures) for each in ended)
        if most is not None and failures >= most:
            note(f"not started: {one.plan.benchmark.path}, because enough cells have failed")
            continue
        limit = None if most is None else most - failures
        yield one, replace(policy, selection=one.selection, max_failures=limit)


def _conclude(ended: Sequence[_Ended]) -> int:
    """Show all leaderboards; return the worst exit code."""
    for number, (one, _, _) in enumerate(ended):
        if number:
            echo("")
        echo_leaderboard([one.store])
        echo("")
        echo(f"results: {one.store.folder}")
    return max([verdict(*each) for each in ended])


def _echo_plans(
    prepared: Sequence[Prepared], policy: RunPolicy, runtime: Runtime, *, as_json: bool
) -> None:
    """Show every selected cell; without JSON, a table for each file."""
    from metabench.plan.states import cell_states
    from metabench.session.runner.policy import to_do

    plans = []
    for one in prepared:
        states = cell_states(one.plan, one.store)
        todo = to_do(one.plan, states, replace(policy, selection=one.selection))
        keys = frozenset(cell.key for cell in todo.cells)
        found = _estimates(one, states, runtime)
        keep = one.plan.benchmark.spec.compute.curvature
        if as_json:
            plans.append(
                {
                    "file": str(one.plan.benchmark.path),
                    "folder": str(one.store.folder),
                    "only": list(one.selection.only if one.selection else ()),
                    "cells": cell_entries(
                        one.selected, states, to_run=keys, estimates=found, keep=keep
                    ),
                    "notes": [*found.notes, *one.plan.notes],
                }
            )
            continue
        note(f"run folder: {one.store.folder}")
        echo(*cell_lines(one.selected, states, to_run=keys, estimates=found, keep=keep))
    if as_json:
        echo_json({"schema": 1, "runs": plans})


def _estimates(one: Prepared, states: Mapping[str, CellState], runtime: Runtime) -> Estimates:
    """Return time and memory of the selected cells, with speeds from completed ones."""
    from metabench.session.estimate.estimates import estimate

    cells = [cell for cell in one.selected.cells if not cell.unavailable]
    done = [cell for cell in cells if states[cell.key].state == "done"]
    results = {cell.key: one.store.result(cell.folder, key=cell.key) for cell in done}
    return estimate(
        cells,
        compute=one.plan.benchmark.spec.compute,
        runtime=runtime,
        results={key: result for key, result in results.items() if result is not None},
    )
