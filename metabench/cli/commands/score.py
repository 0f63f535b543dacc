"""``metabench score``: scores again from saved predictions, without training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
from metabench.cli.inputs.command_line import typed
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json, note, warn
from metabench.errors import StoreError
from metabench.frontend.places import find_run
from metabench.quantities import cells

if TYPE_CHECKING:
    from metabench.session.replay.rescore import Rescored

__all__ = ["command"]


@click.command("score", cls=Command)
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.option("--write", is_flag=True, help="Replace the recorded scores.")
@json_option
@runs_option
@plugin_options()
@traceback_option
def command(run: str, write: bool, as_json: bool, runs: Path) -> int:
    """Recompute scores from saved predictions.

    RUN is a run folder or its name. The metrics are those that the tasks' cards name now; nothing
    is trained. Without --write nothing changes.
    """
    from metabench.session.replay.rescore import rescore, write_rescored
    from metabench.store.run_folder import Store

    store = Store(find_run(run, runs=runs))
    catalog = installed()
    with store.lock() if write else nullcontext():
        found = list(rescore(store, catalog))
        if write:
            write_rescored(store, found, catalog=catalog, command=typed())
    if as_json:
        tree = {"schema": 1, "folder": str(store.folder), "cells": list(map(_entry, found))}
        echo_json(tree)
    else:
        echo(*_lines(found))
    return _judge(found, write=write)


def _judge(found: Sequence[Rescored], *, write: bool) -> int:
    """Say how many have changed.

    Raises:
        StoreError: predictions are damaged; the first problem.
    """
    broken = [cell for cell in found if cell.problem]
    changed = sum(cell.changed for cell in found)
    done = "written" if write else "not written; --write does"
    note(
        f"{cells(len(found) - len(broken))} scored, {changed} changed"
        + f" ({done})" * (changed > 0)
    )
    for cell in broken[1:]:
        warn(cell.problem)
    if broken:
        raise StoreError(
            broken[0].problem, hint="run these cells again: `metabench run FILE --force --only …`"
        )
    return 0


def _lines(found: Sequence[Rescored]) -> Iterator[str]:
    rows = [("cell", "metric", "saved", "now")]
    for cell in found:
        for metric in dict.fromkeys((*cell.result.scores, *cell.scores)):
            old, new = cell.result.scores.get(metric), cell.scores.get(metric)
            mark = "" if old == new else " *"
            rows.append((cell.result.name, metric, _shown(old), _shown(new) + mark))
    yield from aligned(rows)


def _shown(score: float | None) -> str:
    return "-" if score is None else f"{score:.4f}"


def _entry(cell: Rescored) -> dict[str, Any]:
    return {
        "folder": cell.folder,
        "saved": dict(cell.result.scores),
        "now": dict(cell.scores),
        "changed": cell.changed,
        "problem": cell.problem,
    }
