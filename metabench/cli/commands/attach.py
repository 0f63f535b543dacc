"""``metabench attach``: follow a run until it ends, from any machine that sees its folder."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from metabench.cli.commands.status import status_lines
from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import runs_option, traceback_option
from metabench.cli.views.leaderboard import echo_leaderboard
from metabench.cli.views.text import echo
from metabench.frontend.places import find_run, newest_run

__all__ = ["command"]

_PAUSE_SECONDS = 2.0
_ENDED = {"done", "unavailable"}


@click.command("attach", cls=Command)
@click.argument("run", required=False, metavar="[RUN]", shell_complete=complete_run)
@runs_option
@traceback_option
def command(run: str | None, runs: Path) -> int:
    """Follow a run until it ends.

    RUN is a run folder or its name; without one, the run that was started last is followed. It
    shows cells, processes and failures as `status` does, then the leaderboard, from any machine
    that sees the folder, whether the run was started with --detach or not. Ctrl-C ends only this
    command; `metabench cancel` stops the run. It exits with 1 if a requested cell is not done.
    """
    from metabench.results.run_status import run_status
    from metabench.store.run_folder import Store

    store = Store(find_run(run, runs=runs) if run else newest_run(runs))
    shown: list[str] = []
    while True:
        found = run_status(store)
        lines = list(status_lines(found, store))
        if lines != shown:
            shown = lines
            if sys.stdout.isatty():
                click.clear()
            echo(*lines)
        if not found.owners:
            break
        time.sleep(_PAUSE_SECONDS)
    echo("")
    echo_leaderboard([store])
    return int(any(cell.plan.selected and cell.state not in _ENDED for cell in found.cells))
