"""``metabench merge``: several runs as one, with the origin of every number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import json_option, runs_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json
from metabench.errors import UsageError
from metabench.frontend.places import find_run

if TYPE_CHECKING:
    from metabench.frontend.merging import Differing, MergedLine, MergedRuns

__all__ = ["command"]

_SOME_DIFFER = 1


@click.command("merge", cls=Command)
@click.argument("run", nargs=-1, metavar="RUN RUN...", shell_complete=complete_run)
@click.option("--lines", "with_lines", is_flag=True, help="List every score with its origin.")
@json_option
@runs_option
@traceback_option
def command(run: tuple[str, ...], with_lines: bool, as_json: bool, runs: Path) -> int:
    """Show where runs agree, and where scores come from.

    RUN is a run folder or its name. Nothing is written. A cell that runs computed with different
    numbers is shown with all of them and what differs between their environments: the first to be
    done counts, nothing is averaged. Edited or damaged records are named and do not count. Exits
    with 1 if there are such cells or records.
    """
    from metabench.frontend.merging import merge_runs
    from metabench.store.run_folder import Store

    folders = list(dict.fromkeys(find_run(name, runs=runs) for name in run))
    if len(folders) < 2:  # noqa: PLR2004  (two)
        raise UsageError("merge takes two runs or more", hint="name them: metabench merge A B")
    found = merge_runs([Store(folder) for folder in folders])
    if as_json:
        echo_json(_tree(found))
    else:
        echo(*_shares(found))
        echo(*_differing(found))
        echo(*_damaged(found))
        echo(*_listed(found) if with_lines else ())
    return _SOME_DIFFER if found.differing or found.damaged else 0


def _tree(found: MergedRuns) -> dict[str, Any]:
    lines = [{**asdict(one.line), "run": one.run, "also": list(one.also)} for one in found.lines]
    return {
        "schema": 1,
        "runs": [asdict(run) for run in found.runs],
        "differing": [asdict(cell) for cell in found.differing],
        "lines": lines,
    }


def _shares(found: MergedRuns) -> Iterator[str]:
    counts = (
        (run.run, run.cells, run.alone, run.same, run.differing, len(run.damaged))
        for run in found.runs
    )
    rows = [tuple(map(str, row)) for row in counts]
    yield from aligned(
        [("run", "cells", "only here", "same", "different", "edited or damaged"), *rows]
    )
    scored = sum(bool(one.run) and one.line.primary for one in found.lines)
    planned = sum(one.line.primary for one in found.lines)
    yield ""
    yield f"merged: {scored} of {planned} scores"


def _differing(found: MergedRuns) -> Iterator[str]:
    for cell in found.differing:
        yield ""
        yield f"DIFFERENT: {cell.cell}"
        yield from (f"  {line}" for line in aligned(list(_executions(cell))))
        if not cell.differs:
            yield "  the environments are the same: the cell is nondeterministic, or was edited"


def _executions(cell: Differing) -> Iterator[tuple[str, ...]]:
    numbers = list(dict.fromkeys(name for one in cell.executions for name in one.scores))
    shown = numbers or ["first", "last"]
    named = numbers or [f"{name} loss" for name in shown]
    yield ("run", *named, "ended", *cell.differs, "")
    for one in cell.executions:
        known = one.scores if numbers else one.losses
        values = [known.get(name) for name in shown]
        facts = (one.environment.get(fact, "-") for fact in cell.differs)
        yield (
            one.run,
            *("-" if value is None else f"{value:.6g}" for value in values),
            one.ended,
            *facts,
            "counts" * one.counts,
        )


def _damaged(found: MergedRuns) -> Iterator[str]:
    for run in found.runs:
        for sentence in run.damaged:
            yield ""
            yield f"EDITED OR DAMAGED: {run.run}: {sentence}"


def _listed(found: MergedRuns) -> Iterator[str]:
    yield ""
    yield from aligned(
        [
            ("method", "column", "seed", "metric", "score", "run", "metabench", "torch", "device",
             "ended"),
            *map(_row, found.lines),
        ]
    )  # fmt: skip


def _row(one: MergedLine) -> tuple[str, ...]:
    line = one.line
    seed = "/".join(
        str(number)
        for number in (line.meta_seed, line.finetune_seed, line.draw)
        if number is not None
    )
    score = line.status if line.score is None else f"{line.score:.4f}"
    origin = ", ".join(filter(None, (one.run, *one.also))) or "-"
    facts = (line.metabench, line.torch, line.device, line.ended)
    return (line.method, line.column, seed, line.metric, score, origin, *facts)
