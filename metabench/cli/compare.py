"""``metabench compare``: the leaderboard of what has been run."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from metabench.cli.completing import complete_run
from metabench.cli.options import json_option, runs_option, traceback_option
from metabench.cli.places import find_run, newest_run
from metabench.cli.show import Format, echo_leaderboard
from metabench.cli.text import note

__all__ = ["command"]

_BY_SUFFIX = {".md": "markdown", ".json": "json"}


@click.command("compare")
@click.argument("run", nargs=-1, metavar="[RUN]...", shell_complete=complete_run)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    metavar="METHOD",
    help="Compare with this method; may be repeated. Default: what the benchmark file says.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "json"]),
    help="What to print. Default: what the suffix of -o says, else terminal.",
)
@json_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to a file instead of stdout.",
)
@runs_option
@traceback_option
def command(
    run: tuple[str, ...],
    baselines: tuple[str, ...],
    form: str | None,
    as_json: bool,
    output: Path | None,
    runs: Path,
) -> int:
    """Show the leaderboard of a run, or of several.

    RUN is a run folder or its name; without one, the newest run is shown. Scores are means over
    the meta seeds; differences are paired by meta seed, with Student t intervals.
    """
    from metabench.results.store import Store

    folders = [find_run(name, runs=runs) for name in run] or [newest_run(runs)]
    suffix = "" if output is None else output.suffix
    chosen = "json" if as_json else form or _BY_SUFFIX.get(suffix, "terminal")
    echo_leaderboard(
        [Store(folder) for folder in dict.fromkeys(folders)],
        baselines=baselines,
        form=cast("Format", chosen),
        output=output,
    )
    if output is not None:
        note(f"written: {output}")
    return 0
