"""``metabench export records``: the records of a run, without the files to resume it."""

from __future__ import annotations

from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import runs_option, traceback_option
from metabench.cli.views.text import echo, note
from metabench.frontend.places import find_run
from metabench.quantities import cells

__all__ = ["command"]


@click.command("records", cls=Command)
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite an earlier copy.")
@runs_option
@traceback_option
def command(run: str, folder: Path, force: bool, runs: Path) -> int:
    """Write the records of a run, to publish with a paper.

    DIR then compares, verifies and reproduces like RUN. It holds JSON and the benchmark file, no
    predictions, parameters or logs. Each record lists the original files with their sha256;
    absolute paths in its command are cut to their last part.
    """
    from metabench.session.export.folder import check_target
    from metabench.session.export.records import export_records, is_record
    from metabench.store.run_folder import Store

    source = Store(find_run(run, runs=runs))
    target = check_target(folder, force=force, ours=is_record)
    number, size = export_records(source, target)
    note(f"records of {cells(number)}, {size / 1e6:.2f} MB")
    echo(str(folder))
    return 0
