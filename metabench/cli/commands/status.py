"""``metabench status``: the status of a run, also while it runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.views.failures import FailedCell, failure_lines
from metabench.cli.views.text import aligned, echo, echo_json
from metabench.errors import UsageError
from metabench.frontend.places import find_run, newest_run
from metabench.quantities import seconds_text

if TYPE_CHECKING:
    from metabench.results.run_status import CellStatus, RunStatus
    from metabench.store.run_folder import Store

__all__ = ["command", "status_lines"]

_PAUSE_SECONDS = 5.0
_STATES = ("done", "running", "waiting", "interrupted", "failed", "skipped", "unavailable")


@click.command("status", cls=Command)
@click.argument("run", required=False, metavar="[RUN]", shell_complete=complete_run)
@json_option
@click.option("--watch", is_flag=True, help="Show it every few seconds until the run ends.")
@runs_option
@traceback_option
def command(run: str | None, as_json: bool, watch: bool, runs: Path) -> int:
    """Show the state of a run, running or not.

    RUN is a run folder or its name; without one, the run that was started last is shown. Nothing
    is written. The next `run` resumes interrupted cells. `metabench watch` shows the scores of a
    run while they grow.
    """
    from metabench.results.run_status import run_status
    from metabench.store.run_folder import Store, reading_many

    if as_json and watch:
        raise UsageError("--json prints one state", hint="leave out --watch")
    store = Store(find_run(run, runs=runs) if run else newest_run(runs))
    with reading_many():
        found = run_status(store)
        if as_json:
            echo_json(_entry(found, store))
            return 0
        echo(*status_lines(found, store))
    while watch and found.owners:
        time.sleep(_PAUSE_SECONDS)
        found = run_status(store)
        if sys.stdout.isatty():
            click.clear()
        echo(*status_lines(found, store))
    return 0


def status_lines(found: RunStatus, store: Store) -> Iterator[str]:
    """Yield the state of a run in lines for a terminal."""
    yield f"{found.note.name}: {store.folder}" + ("" if found.owners else ": no active process")
    for owner in found.owners:
        yield f"process {owner.pid} on {owner.host} works on it since {owner.started}"
    if found.note.only:
        yield f"last asked only for {', '.join(found.note.only)}"
    yield ""
    yield from aligned(list(_counts(found)))
    running = [cell for cell in found.cells if cell.state == "running"]
    if running:
        yield ""
        yield from aligned([("running", "step"), *((_name(cell), _step(cell)) for cell in running)])
    if found.seconds_left is not None:
        yield f"about {seconds_text(found.seconds_left)} left"
    failed = [
        FailedCell.of(cell.failure, store.cell_folder(cell.plan.cell))
        for group in found.failures().values()
        for cell in group
        if cell.failure is not None
    ]
    if failed:
        yield ""
        yield from failure_lines(failed)
    yield from _warnings(found)


def _warnings(found: RunStatus) -> Iterator[str]:
    """Return the warnings about the execution of a run."""
    for cell in found.cells:
        if cell.drift:
            yield f"DRIFT: {_name(cell)} resumed where {', '.join(cell.drift)}"
    if found.damage:
        yield ""
        yield from (f"damaged: {what}" for what in found.damage)


def _counts(found: RunStatus) -> Iterator[tuple[str, ...]]:
    counts = found.counts()
    states = [state for state in _STATES if any(key[1] == state for key in counts)]
    yield ("stage", *states)
    for kind in ("pretrain", "meta", "adapt"):
        if any(key[0] == kind for key in counts):
            yield (kind, *(str(counts.get((kind, state), 0)) for state in states))


def _name(cell: CellStatus) -> str:
    return cell.plan.cell


def _step(cell: CellStatus) -> str:
    step = cell.step
    return "just started" if step is None else f"{step.stage} {step.step}/{step.total}"


def _entry(found: RunStatus, store: Store) -> dict[str, Any]:
    owners = [
        {"pid": owner.pid, "host": owner.host, "started": owner.started} for owner in found.owners
    ]
    return {
        "schema": 1,
        "name": found.note.name,
        "folder": str(store.folder),
        "only": list(found.note.only),
        "owner": owners[0] if owners else None,
        "owners": owners,
        "counts": [
            {"kind": kind, "state": state, "cells": number}
            for (kind, state), number in sorted(found.counts().items())
        ],
        "seconds_left": found.seconds_left,
        "damage": list(found.damage),
        "cells": [_cell_entry(cell) for cell in found.cells],
    }


def _cell_entry(cell: CellStatus) -> dict[str, Any]:
    step, failure = cell.step, cell.failure
    return {
        "folder": cell.plan.cell,
        "key": cell.plan.key,
        "kind": cell.plan.kind,
        "method": cell.plan.method,
        "state": cell.state,
        "step": step.step if step else None,
        "total": step.total if step else None,
        "failure": {"status": failure.status, "message": failure.message} if failure else None,
        "drift": list(cell.drift),
    }
