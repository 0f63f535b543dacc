"""``metabench verify``: whether a run folder holds what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.inputs.places import find_run
from metabench.cli.views.text import aligned, echo, echo_json, note
from metabench.cli.views.text import cells as count
from metabench.errors import StoreError

if TYPE_CHECKING:
    from metabench.store.verification import Verification

__all__ = ["command"]

_MOST = 3


@click.command("verify")
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@json_option
@runs_option
@traceback_option
def command(run: str, as_json: bool, runs: Path) -> int:
    """Read and hash every record, file and checkpoint of a run.

    RUN is a run folder or its name. Nothing is written. What is damaged or missing is exit code 4;
    what is foreign or left over is only named: the next `run` takes leftovers away.
    """
    from metabench.store.run_folder import Store
    from metabench.store.verification import verify

    store = Store(find_run(run, runs=runs))
    found = verify(store)
    if as_json:
        tree = {"schema": 1, "folder": str(store.folder), **asdict(found)}
        echo_json(tree)
    else:
        for line in _lines(found):
            echo(line)
    if found.processes:
        note("somebody works on it: what is left over is not told from what is in use")
    _judge(found, store.folder)
    return 0


def _lines(found: Verification) -> Iterator[str]:
    records = ", ".join(
        f"{count} of format {version}" for version, count in sorted(found.formats.items())
    )
    yield f"records: {records}"
    yield f"files hashed: {found.files}; checkpoints: {found.checkpoints}"
    if not found.findings:
        yield "all are what was written"
        return
    yield ""
    yield from aligned(
        [("what", "file", "why"), *((one.what, one.path, one.problem) for one in found.findings)]
    )


def _judge(found: Verification, folder: Path) -> None:
    """Say what to do.

    Raises:
        StoreError: something is damaged or missing.
    """
    costly = found.costly
    if not costly:
        return
    cells = list(dict.fromkeys(one.cell for one in costly if one.cell))
    checkpoints = [one.path for one in costly if "/checkpoints/" in one.path]
    named = [str(folder / "cells" / cell) for cell in cells]
    named += [str(folder / path) for path in checkpoints]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    delete = f"delete {', '.join(named[:_MOST])}{more}, then " if named else ""
    raise StoreError(
        f"{len(costly)} of its files {'is' if len(costly) == 1 else 'are'} damaged or missing;"
        f" {count(len(cells))} to be run again",
        where=str(folder),
        hint=f"{delete}run the benchmark again: what is whole stays",
    )
