"""``metabench export glue``: the archive that GLUE's site takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.api.events import RunStarted
from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_method, complete_run
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import (
    device_option,
    hub_option,
    own_file_option,
    runs_option,
    traceback_option,
)
from metabench.cli.inputs.run_folder import OpenedRun, open_run
from metabench.cli.views.progress import progress
from metabench.cli.views.text import aligned, echo, note, warn, write_output
from metabench.frontend.places import find_run

if TYPE_CHECKING:
    from metabench.api.task import TaskCard
    from metabench.plan.cell import Cell
    from metabench.session.export.glue import Part, Unfilled
    from metabench.store.records.cell import Result

__all__ = ["command"]


@click.command("glue", cls=Command)
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.option("--method", required=True, metavar="M", shell_complete=complete_method,
              help="Method whose models predict.")  # fmt: skip
@click.option("--seed", type=int, metavar="S", help="Meta seed; by default the first.")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path),
              metavar="FILE", help="Archive to write, such as submission.zip.")  # fmt: skip
@click.option("--split", type=click.Choice(["test", "validation"]), default="test",
              show_default=True, help="Split to predict; validation has labels.")  # fmt: skip
@device_option
@own_file_option
@runs_option
@hub_option
@plugin_options()
@traceback_option
def command(
    run: str, method: str, seed: int | None, output: Path, split: Any, device: str,
    file: Path | None, runs: Path, hub: Path | None,
) -> int:  # fmt: skip
    """Write a submission archive for the GLUE benchmark.

    Each target of RUN that is a task of GLUE is fine-tuned again (fine-tuning seed 0) and predicts
    its test split. Files without a target are filled with a constant, with a warning.
    """
    from metabench.errors import UsageError
    from metabench.session.export.glue import chosen_uses, glue_parts
    from metabench.session.export.submission import archive, tsv
    from metabench.store.run_folder import Store

    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {str(output.parent)!r}", hint="make it first")
    folder = find_run(run, runs=runs)
    asked = Store(folder).run()
    uses = chosen_uses(asked, method=method, seed=seed)
    opened = open_run(folder, file=file, hub=hub, catalog=installed())
    done = {task: opened.done(use.cell) for task, use in uses.items()}
    cells = {task: cell for task, (cell, _) in done.items()}
    parts, unfilled = glue_parts(cells, _cards(cells), split=split, hub=opened.hub)
    found = _predict(opened, parts, done, device=device)
    _warn(parts, unfilled, split=split, smoke=asked.smoke)
    found |= _fill(unfilled) if split == "test" else {}
    write_output(output, archive({f"{name}.tsv": tsv(found[name]) for name in found}))
    _echo(found, parts)
    note(f"written: {output}")
    return 0


def _cards(cells: Mapping[str, Cell]) -> Mapping[str, TaskCard]:
    from metabench.plan.cell import FineTuneWork

    works = {task: cell.work for task, cell in cells.items()}
    return {task: work.task.card for task, work in works.items() if isinstance(work, FineTuneWork)}


def _predict(
    opened: OpenedRun,
    parts: Sequence[Part],
    done: Mapping[str, tuple[Cell, Result]],
    *,
    device: str,
) -> dict[str, list[str]]:
    """Return the entries of each file by name; every model is fine-tuned once."""
    from metabench.session.export.glue_predict import predicted
    from metabench.session.replay.replay import replay

    tasks = list(dict.fromkeys(part.file.task for part in parts))
    wanted = {task: done[task] for task in tasks}
    context = opened.context(device, like=next(iter(wanted.values()))[1])
    found: dict[str, list[str]] = {}
    with progress([cell for cell, _ in wanted.values()]) as show:
        show(RunStarted(str(opened.store.folder), 0, len(wanted)))
        for task, (cell, result) in wanted.items():
            made = replay(cell, result, context, emit=show)
            (note if made.agreement.exact else warn)(f"{cell.name}: {made.agreement}")
            for part in parts:
                if part.file.task == task:
                    found[part.file.name] = predicted(made, part, context)
    return found


def _fill(unfilled: Sequence[Unfilled]) -> dict[str, list[str]]:
    from metabench.session.export.submission import constant_entries

    return {gap.file.name: constant_entries(gap.file) for gap in unfilled}


def _warn(parts: Sequence[Part], unfilled: Sequence[Unfilled], *, split: str, smoke: bool) -> None:
    """Warn of files that do not hold what their names promise."""
    if smoke:
        warn("SMOKE: these models were hardly trained; hand nothing of this in as a result")
    for part in parts:
        if part.shortfall:
            warn(part.shortfall + (": the site will refuse it" if split == "test" else ""))
    for gap in unfilled:
        file = gap.file
        if split == "test":
            warn(
                f"FILLED: {file.name}.tsv predicts {file.constant!r} {file.rows:,} times: {gap.why}"
            )
        else:
            warn(f"left out: {file.name}.tsv: {gap.why}")
    if split == "test" and unfilled:
        warn("ignore the average on GLUE's site: it includes the filled files")
    if split != "test":
        warn("these examples have labels and are for checking; GLUE's site does not take them")


def _echo(found: Mapping[str, Sequence[str]], parts: Sequence[Part]) -> None:
    by_name = {part.file.name: part for part in parts}
    rows = [("file", "rows", "predicted by")]
    for name in sorted(found):
        part = by_name.get(name)
        maker = f"{part.cell} ({part.card.name} {part.split})" if part else "a constant"
        rows.append((f"{name}.tsv", f"{len(found[name]):,}", maker))
    echo(*aligned(rows))
