"""``metabench reproduce``: one result run again from its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
from metabench.cli.inputs.command_line import typed
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import (
    device_option,
    hub_option,
    json_option,
    own_file_option,
    runs_option,
    traceback_option,
)
from metabench.cli.views.failures import FailedCell, failure_lines
from metabench.cli.views.text import aligned, echo, echo_json, note
from metabench.store.file_names import CACHE, RESULT

if TYPE_CHECKING:
    from metabench.cli.inputs.run_folder import OpenedRun
    from metabench.plan.cell import Cell
    from metabench.session.replay.reproduce import Reproduced
    from metabench.session.runtime import Runtime
    from metabench.store.records.cell import Result
    from metabench.store.run_folder import Store

__all__ = ["command", "rerun", "verdict"]

_OTHER = 1


@click.command("reproduce", cls=Command)
@click.argument("result", metavar="RESULT", type=click.Path())
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Keep the run in DIR; a second time resumes there.",
)  # fmt: skip
@json_option
@device_option
@own_file_option
@runs_option
@hub_option
@plugin_options()
@traceback_option
def command(
    result: str, into: Path | None, as_json: bool, device: str, file: Path | None,
    runs: Path, hub: Path | None,
) -> int:  # fmt: skip
    """Rerun one result and compare.

    RESULT is a result.json in a run folder or a copy of its records, or the name of a cell. Cells
    that it needs are run too. Exit code 0: the same scores; 1: other scores, with the differences.
    """
    folder = _cell_folder(result, runs=runs)
    opened = _opened(folder, file=file, hub=hub)
    found, failed = rerun(opened, folder.name, device=device, into=into)
    return _report(found, failed, as_json=as_json)


def rerun(
    opened: OpenedRun, folder: str, *, device: str, into: Path | None = None
) -> tuple[Sequence[Reproduced], Sequence[FailedCell]]:
    """Run a cell of a run again, with all that it needs; return new results and failures.

    Args:
        opened: the run.
        folder: name of the cell's folder.
        device: the device; ``auto`` is the CPU if that is recorded.
        into: where the new run is kept; None for a temporary folder.

    Raises:
        MetabenchError: the cell has no result, or cannot be run as it was.
    """
    from metabench.session.replay.reproduce import recorded_cell

    cell, recorded = recorded_cell(opened.plan, opened.store, folder)
    with _workplace(into, opened.store) as place:
        runtime = _runtime(opened, device, recorded, cache=place / CACHE)
        return _run(opened, cell, place / opened.store.folder.name, runtime)


def _cell_folder(result: str, *, runs: Path) -> Path:
    """Return the folder of a cell: that of its result.json, or the one that is called so."""
    from metabench.cli.commands.logs import find_cell
    from metabench.errors import NothingMatchedError

    path = Path(result)
    if path.name != RESULT:
        return find_cell(result.rstrip("/"), runs=runs).absolute()
    if not path.is_file():
        raise NothingMatchedError(
            f"there is no file {result!r}", hint=f"name the {RESULT} of a cell that is done"
        )
    return path.absolute().parent


def _opened(folder: Path, *, file: Path | None, hub: Path | None) -> OpenedRun:
    from metabench.cli.inputs.run_folder import open_run

    return open_run(folder.parent.parent, file=file, hub=hub, catalog=installed())


@contextmanager
def _workplace(into: Path | None, store: Store) -> Iterator[Path]:
    """Yield the folder of the new run: a given one, or a temporary one.

    Raises:
        UsageError: the run itself is there.
    """
    from metabench.errors import UsageError

    if into is not None:
        if (into / store.folder.name).resolve() == store.folder.resolve():
            raise UsageError(
                f"--into {str(into)!r} is the folder of the result itself",
                hint="name another folder; completed cells of this one are not run again",
            )
        yield into
        return
    with TemporaryDirectory(prefix="metabench-") as folder:
        yield Path(folder)


def _runtime(opened: OpenedRun, device: str, recorded: Result, *, cache: Path) -> Runtime:
    from metabench.session.runtime import Runtime

    like = "cpu" if recorded.provenance.device == "cpu" else "auto"
    chosen = like if device == "auto" else device
    return Runtime(hub=opened.hub, device=chosen, jobs=1, cache=cache, command=typed())


def _run(
    opened: OpenedRun, cell: Cell, folder: Path, runtime: Runtime
) -> tuple[Sequence[Reproduced], Sequence[FailedCell]]:
    from metabench.cli.views.progress import progress
    from metabench.session.replay.reproduce import cells_behind, reproduce
    from metabench.store.run_folder import Store

    fresh = Store(folder)
    behind = cells_behind(opened.plan, cell)
    with progress(behind) as show:
        summary, found = reproduce(
            opened.plan,
            cell,
            catalog=opened.catalog,
            stores=(opened.store, fresh),
            runtime=runtime,
            emit=show,
        )
    failed = [_failed(fresh, each) for each in behind] if summary.failures else []
    return found, [each for each in failed if each is not None]


def _failed(store: Store, cell: Cell) -> FailedCell | None:
    failure = store.failure(cell.folder)
    return FailedCell.of(failure, store.cell_folder(cell.folder)) if failure else None


def _report(found: Sequence[Reproduced], failed: Sequence[FailedCell], *, as_json: bool) -> int:
    """Show the comparison, and return the exit code."""
    for line in failure_lines(failed):
        note(line)
    if as_json:
        tree = {"schema": 1, "cells": list(map(_entry, found))}
        echo_json(tree)
    else:
        echo(*_lines(found))
    if failed or not found:
        return _OTHER
    return 0 if found[-1].same_scores else _OTHER


def _lines(found: Sequence[Reproduced]) -> Iterator[str]:
    rows = [("cell", "key", "number", "recorded", "now")]
    for each in found:
        then = {} if each.then is None else _numbers(each.then)
        for name, value in _numbers(each.now).items():
            mark = "" if then.get(name) == value else " *"
            rows.append(
                (
                    each.now.name,
                    each.now.key[:8],
                    name,
                    _shown(then.get(name)),
                    _shown(value) + mark,
                )
            )
    yield from aligned(rows)
    for each in found:
        yield f"{each.now.name}: {verdict(each)}"


def _numbers(result: Result) -> dict[str, float]:
    losses = {f"{name} loss": value for name, value in result.losses.items()}
    return {**result.scores} if result.scores else losses


def verdict(each: Reproduced) -> str:
    """Return how a new result compares with the recorded one."""
    if each.then is None:
        return "there is no record to compare it with"
    if each.exact:
        return "bit-identical"
    where = "; ".join(each.changed) or "although versions, device and threads are the same"
    return f"{'the same scores, other bits' if each.same_scores else 'other numbers'}: {where}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.6f}"


def _entry(each: Reproduced) -> dict[str, Any]:
    return {
        "cell": each.now.name,
        "key": each.now.key,
        "recorded": None if each.then is None else _numbers(each.then),
        "now": _numbers(each.now),
        "same_scores": each.same_scores,
        "exact": each.exact,
        "changed": list(each.changed),
    }
