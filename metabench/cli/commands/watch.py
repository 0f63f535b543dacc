"""``metabench watch``: the leaderboard of a run while it grows."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import runs_option, traceback_option
from metabench.cli.views.leaderboard import put_scores
from metabench.cli.views.text import echo
from metabench.frontend.places import find_run, newest_run
from metabench.quantities import cells, seconds_text

if TYPE_CHECKING:
    from metabench.results.run_status import RunStatus

__all__ = ["command"]


@click.command("watch", cls=Command)
@click.argument("run", required=False, metavar="[RUN]", shell_complete=complete_run)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1, max=3600.0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Pause between two updates.",
)
@runs_option
@traceback_option
def command(run: str | None, every: float, runs: Path) -> int:
    """Show the leaderboard of a run while it grows.

    RUN is a run folder or its name; without one, the run that was started last is shown. It ends
    when no process works on the run. Nothing is written.
    """
    from metabench.results.run_status import run_status
    from metabench.store.run_folder import Store

    store = Store(find_run(run, runs=runs) if run else newest_run(runs))
    shown = None
    while True:
        found = run_status(store)
        if found.counts() != shown:
            shown = found.counts()
            if sys.stdout.isatty():
                click.clear()
            put_scores(store)
            echo(_progress(found))
        if not found.owners:
            return 0
        time.sleep(every)


def _progress(found: RunStatus) -> str:
    states: Counter[str] = Counter()
    for (_, state), count in found.counts().items():
        states[state] += count
    done = states.pop("done", 0)
    parts = [f"{done} of {cells(len(found.cells))} done"]
    parts += [f"{count} {state}" for state, count in sorted(states.items()) if count]
    if found.seconds_left is not None:
        parts.append(f"about {seconds_text(found.seconds_left)} left")
    return ", ".join(parts)
