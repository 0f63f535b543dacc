"""``metabench run``: run what is not done, then show the leaderboard."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metabench.cli.command_line import typed
from metabench.cli.installed import plugin_options
from metabench.cli.listing import cell_entries, cell_lines
from metabench.cli.options import (
    device_option,
    files_argument,
    hub_option,
    json_option,
    runs_option,
    set_option,
    smoke_option,
    traceback_option,
)
from metabench.cli.running import Prepared, prepare, refuse_shared_folders, run_prepared, verdict
from metabench.cli.show import echo_leaderboard
from metabench.cli.text import note
from metabench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.session.policy import RunPolicy
    from metabench.session.runtime import RunSummary, Runtime

__all__ = ["command"]


@click.command("run")
@files_argument
@click.option("--dry-run", is_flag=True, help="Show every cell and what would be run.")
@json_option
@click.option(
    "--only", multiple=True, metavar="KEY=VALUE", help="A part, such as method=MAML; repeatable."
)
@smoke_option
@set_option
@device_option
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=1, metavar="N",
    help="Cells at a time, each in its own process.",
)  # fmt: skip
@click.option("--retry-failed", is_flag=True, help="Run again what failed before.")
@click.option("--force", is_flag=True, help="Run again what is done already.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failed cell.")
@click.option(
    "--max-failures", type=click.IntRange(min=1), metavar="N", help="Stop at the N-th failed cell."
)
@runs_option
@hub_option
@plugin_options(hidden=True)
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
    retry_failed: bool,
    force: bool,
    fail_fast: bool,
    max_failures: int | None,
    runs: Path,
    hub: Path | None,
) -> int:
    """Run a benchmark file, or what is left of it.

    FILE is a TOML file or a shipped benchmark (quickstart). What is done is not run again. Keys of
    --only: method, target, task, seed, kind; a key twice is "or", two keys are "and".
    """
    from metabench.session.policy import RunPolicy
    from metabench.session.runtime import Runtime

    if as_json and not dry_run:
        raise UsageError("--json goes with --dry-run", hint="see `metabench compare --json`")
    prepared = [
        prepare(file, sets=sets, only=only, smoke=smoke, hub=hub, runs=runs)
        for file in dict.fromkeys(files)
    ]
    refuse_shared_folders(prepared)
    most = 1 if fail_fast else max_failures
    policy = RunPolicy(force=force, retry_failed=retry_failed, max_failures=most)
    if dry_run:
        _echo_plans(prepared, policy, as_json=as_json)
        return 0
    runtime = Runtime(
        hub=prepared[0].hub, device=device, jobs=jobs, cache=runs / ".cache", command=typed()
    )
    return _run_all(prepared, policy, runtime)


def _run_all(prepared: Sequence[Prepared], policy: RunPolicy, runtime: Runtime) -> int:
    """Run one after the other, then show all leaderboards; return the worst exit code."""
    most = policy.max_failures
    ended: list[tuple[Prepared, RunSummary]] = []
    for one in prepared:
        failures = sum(len(summary.failures) for _, summary in ended)
        if most is not None and failures >= most:
            note(f"not begun: {one.plan.benchmark.path}, because enough cells have failed")
            continue
        limit = None if most is None else most - failures
        this = replace(policy, selection=one.selection, max_failures=limit)
        ended.append((one, run_prepared(one, this, runtime)))
    for number, (one, _) in enumerate(ended):
        click.echo("\n" * bool(number), nl=False)
        echo_leaderboard([one.store])
        click.echo(f"\nresults: {one.store.folder}")
    return max([verdict(one, summary) for one, summary in ended])


def _echo_plans(prepared: Sequence[Prepared], policy: RunPolicy, *, as_json: bool) -> None:
    """Show every selected cell; without JSON, a table for each file."""
    from metabench.plan.states import cell_states
    from metabench.session.policy import to_do

    plans = []
    for one in prepared:
        states = cell_states(one.plan, one.store)
        todo = to_do(one.plan, states, replace(policy, selection=one.selection))
        keys = frozenset(cell.key for cell in todo.cells)
        if as_json:
            plans.append(
                {
                    "file": str(one.plan.benchmark.path),
                    "folder": str(one.store.folder),
                    "only": list(one.selection.only if one.selection else ()),
                    "cells": cell_entries(one.selected, states, to_run=keys),
                    "notes": list(one.plan.notes),
                }
            )
            continue
        note(f"run folder: {one.store.folder}")
        for line in cell_lines(one.selected, states, to_run=keys):
            click.echo(line)
    if as_json:
        click.echo(json.dumps({"schema": 1, "runs": plans}, indent=2, ensure_ascii=False))
