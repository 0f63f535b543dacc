"""``metabench export model``: a fine-tuned model as a folder for transformers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from metabench.api.events import RunStarted
from metabench.cli.commands.logs import find_cell
from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_cell
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import (
    device_option,
    hub_option,
    own_file_option,
    runs_option,
    traceback_option,
)
from metabench.cli.inputs.run_folder import open_run
from metabench.cli.views.progress import progress
from metabench.cli.views.text import echo, note, warn

if TYPE_CHECKING:
    from metabench.session.export.model import Exported
    from metabench.session.replay.replay import Replay

__all__ = ["command"]


@click.command("model", cls=Command)
@click.argument("cell", metavar="CELL", shell_complete=complete_cell)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an earlier export.")
@device_option
@own_file_option
@runs_option
@hub_option
@plugin_options()
@traceback_option
def command(
    cell: str,
    folder: Path,
    force: bool,
    device: str,
    file: Path | None,
    runs: Path,
    hub: Path | None,
) -> int:
    """Write a fine-tuned model as a folder for transformers.

    CELL is a fine-tune cell, by its name or the first digits of its key. It is fine-tuned again, on
    the recorded kind of device, and its predictions are compared with the recorded ones. The
    folder's README.md shows how to use it.
    """
    from metabench.session.export.folder import check_target

    target = check_target(folder, force=force)
    found = find_cell(cell, runs=runs)
    opened = open_run(found.parent.parent, file=file, hub=hub, catalog=installed())
    planned, result = opened.done(found.name)
    from metabench.session.export.model import export_model
    from metabench.session.replay.replay import replay

    context = opened.context(device, like=result)
    with progress([planned]) as show:
        show(RunStarted(str(found), 0, 1))
        made = replay(planned, result, context, emit=show)
    exported = export_model(
        made, target, context=context, catalog=opened.catalog, note=opened.store.run()
    )
    _report(made, exported)
    echo(str(folder))
    return 0


def _report(made: Replay, exported: Exported) -> None:
    (note if made.agreement.exact else warn)(f"{made.cell.name}: {made.agreement}")
    note(
        f"loaded again and tried on {exported.rows} examples: outputs are off by at most"
        f" {exported.largest:.1g}"
    )
    if exported.plain:
        note("used with predict.py, which is in the folder: see its README.md")
    else:
        note("used with AutoModelForSequenceClassification.from_pretrained: see its README.md")
