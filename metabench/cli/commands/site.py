"""``metabench site``: the results of many runs as static pages."""

from __future__ import annotations

from pathlib import Path

import click

from metabench.cli.help import Command
from metabench.cli.inputs.completing import complete_run
from metabench.cli.inputs.options import runs_option, traceback_option
from metabench.cli.views.text import echo, note, warn
from metabench.frontend.places import find_run

__all__ = ["command"]


@click.command("site", cls=Command)
@click.argument("run", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_run)
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    default=Path("site"), help="Write the pages to DIR.",
)  # fmt: skip
@runs_option
@traceback_option
def command(run: tuple[str, ...], output: Path, runs: Path) -> int:
    """Write the results of runs as a static site.

    RUN is a run folder or its name, or a copy of its records. The site has a page for each
    benchmark, method and task, and tables to filter and sort. It needs no server: open
    DIR/index.html, or publish DIR. Runs of one benchmark are merged. Of an earlier site in DIR,
    only unchanged files are replaced; other files stay.
    """
    from metabench.frontend.site import build_site
    from metabench.store.owned_files import write_owned

    files, notes = build_site([find_run(name, runs=runs) for name in run])
    for text in notes:
        warn(text)
    written = write_owned(output, files)
    size = sum(map(len, files.values())) / 1e6
    note(f"{len(files)} files, {size:.2f} MB; {written} of them new or changed")
    echo(str(output / "index.html"))
    return 0
