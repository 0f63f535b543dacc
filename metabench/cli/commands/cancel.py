"""``metabench cancel``: stop the processes that work on a run, on any machine."""

from __future__ import annotations

import time
from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import runs_option, traceback_option
from metabench.cli.views.text import echo
from metabench.frontend.places import find_run, newest_run

__all__ = ["command"]

_PAUSE_SECONDS = 0.5


@click.command("cancel", cls=Command)
@click.argument("run", required=False, metavar="[RUN]", shell_complete=complete_run)
@runs_option
@traceback_option
def command(run: str | None, runs: Path) -> int:
    """Stop a run, wherever it runs.

    RUN is a run folder or its name; without one, the run that was started last is stopped. Every
    process that works on it, on any machine that shares the folder, finishes its step, saves it and
    stops, as after Ctrl-C, and a launcher's jobs end with it. The next `run` resumes. The command
    waits until all have stopped; Ctrl-C ends the wait and not the request.
    """
    from metabench.store.processes import at_work, forget_cancel, request_cancel
    from metabench.store.run_folder import Store

    store = Store(find_run(run, runs=runs) if run else newest_run(runs))
    note, owners = store.run(), at_work(store.folder)
    if not owners:
        echo(f"{note.name}: no active process")
        return 0
    request_cancel(store.folder)
    for owner in owners:
        echo(f"process {owner.pid} on {owner.host} stops after its step")
    while at_work(store.folder):
        time.sleep(_PAUSE_SECONDS)
    forget_cancel(store.folder)
    echo(f"{note.name}: stopped; the next `metabench run` resumes it")
    return 0
