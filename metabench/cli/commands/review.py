"""``metabench review``: whether records of others can be published."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import click

from metabench.cli.commands.reproduce import rerun, verdict
from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import device_option, hub_option, runs_option, traceback_option
from metabench.cli.views.text import echo, note
from metabench.errors import GateFailedError, MetabenchError
from metabench.frontend.places import find_run
from metabench.quantities import cells as counted

if TYPE_CHECKING:
    from metabench.cli.inputs.run_folder import OpenedRun
    from metabench.session.replay.reproduce import Reproduced

__all__ = ["command"]

_MOST = 5


@click.command("review", cls=Command)
@click.argument("run", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_run)
@click.option("--rerun", "count", type=click.IntRange(min=0), default=1, metavar="N",
              help="Rerun N random cells of each run.")  # fmt: skip
@click.option("--pick", metavar="TEXT", help="Draw these cells by TEXT; by default at random.")
@click.option("--tolerance", type=click.FloatRange(0, 1), default=0.0, metavar="X",
              help="Accept scores that differ by X in another environment.")  # fmt: skip
@device_option
@runs_option
@hub_option
@plugin_options()
@traceback_option
def command(
    run: tuple[str, ...], count: int, pick: str | None, tolerance: float,
    device: str, runs: Path, hub: Path | None,
) -> int:  # fmt: skip
    """Check contributed records before you publish them.

    RUN is a run folder or a copy of its records. Checked are every seal and record, the key of
    every cell and score, computed again from the settings, and random cells, run again. Exit code
    0: all are accepted; 6: one is refused, with the reasons.
    """
    asked = _Asked(count, pick or os.urandom(8).hex(), tolerance, device, hub)
    refused = []
    for folder in [find_run(name, runs=runs) for name in run]:
        problems = list(_problems(folder, asked))
        more = len(problems) - _MOST
        echo(*(f"{folder}: refused: {problem}" for problem in problems[:_MOST]))
        echo(*[f"{folder}: refused: {more} problems more"] * (more > 0))
        refused += [str(folder)] * bool(problems)
    if refused:
        raise GateFailedError(
            f"{len(refused)} of {len(run)} refused",
            where=refused[0],
            hint=f"see the reasons above; `--pick {asked.pick}` draws the same cells again",
        )
    return 0


@final
@dataclass(frozen=True, slots=True)
class _Asked:
    count: int
    pick: str
    tolerance: float
    device: str
    hub: Path | None


def _problems(folder: Path, asked: _Asked) -> Iterator[str]:
    """Yield the reasons to refuse a run; a check is made only if those before found nothing."""
    from metabench.cli.inputs.run_folder import open_run
    from metabench.session.replay.review import drawn_cells, key_problems, seal_problems
    from metabench.store.run_folder import Store

    store = Store(folder)
    try:
        found = list(seal_problems(store))
        if not found:
            opened = open_run(folder, file=None, hub=asked.hub, catalog=installed())
            found = list(key_problems(opened.plan, store))
        if not found:
            drawn = drawn_cells(store, count=asked.count, pick=asked.pick)
            found = [problem for cell in drawn for problem in _rerun_problems(opened, cell, asked)]
            note(f"{folder}: {counted(len(drawn))} run again")
    except MetabenchError as error:
        found = [f"{error.where}: {error.problem}" if error.where else error.problem]
    yield from found
    if not found:
        echo(f"{folder}: accepted")


def _rerun_problems(opened: OpenedRun, cell: str, asked: _Asked) -> Iterator[str]:
    found, failed = rerun(opened, cell, device=asked.device)
    for each in failed:
        yield f"{cell}: failed when it was run again: {each.status}: {each.message}"
    last = found[-1] if found and not failed else None
    if last is not None and not last.same_scores and not _is_near(last, asked.tolerance):
        yield f"{cell}: {', '.join(_apart(last))}: {verdict(last)}"


def _is_near(each: Reproduced, tolerance: float) -> bool:
    """Return whether scores of two environments are as near as other last digits make them."""
    return bool(each.changed) and all(abs(then - now) <= tolerance for _, then, now in _both(each))


def _apart(each: Reproduced) -> Iterator[str]:
    for name, then, now in _both(each):
        if then != now:
            yield f"{name} {then:.4f} is recorded, {now:.4f} comes out"


def _both(each: Reproduced) -> Iterator[tuple[str, float, float]]:
    scores = each.then.scores if each.then else {}
    for name, now in each.now.scores.items():
        yield name, scores.get(name, float("nan")), now
