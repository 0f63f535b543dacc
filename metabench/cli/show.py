"""From run folders to a leaderboard on stdout or in a file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from metabench.cli.text import warn

if TYPE_CHECKING:
    from metabench.api.leaderboard import Leaderboard
    from metabench.results.store import Store

__all__ = ["Format", "echo_leaderboard", "render"]

Format: TypeAlias = Literal["terminal", "markdown", "json"]
_PIPED_WIDTH = 100


def echo_leaderboard(
    stores: Sequence[Store],
    *,
    baselines: Sequence[str] = (),
    form: Format = "terminal",
    output: Path | None = None,
) -> None:
    """Show the leaderboard of one run or of several.

    Raises:
        MetabenchError: a folder is not that of a run, or the runs cannot be compared.
    """
    from metabench.errors import UsageError
    from metabench.report.leaderboard import build_leaderboard
    from metabench.results.collect import collect
    from metabench.results.commit import commit_bytes
    from metabench.results.merge import merge

    if output is not None and not output.parent.is_dir():
        raise UsageError(f"there is no folder {str(output.parent)!r}", hint="make it first")
    collected = merge([collect(store) for store in stores])
    for damage in collected.damage:
        warn(f"{damage}; the cell counts as not run")
    leaderboard = build_leaderboard(collected, baselines=baselines)
    text = render(leaderboard, form=form, to_terminal=output is None)
    if output is None:
        click.echo(text, nl=False, color=True)
    else:
        commit_bytes(output, text.encode())


def render(leaderboard: Leaderboard, *, form: Format, to_terminal: bool) -> str:
    """Return the text of a leaderboard."""
    if form == "markdown":
        from metabench.report.markdown import render_markdown

        return render_markdown(leaderboard)
    if form == "json":
        from metabench.report.json_text import render_json

        return render_json(leaderboard)
    from metabench.report.terminal import render_terminal

    live = to_terminal and sys.stdout.isatty()
    width = shutil.get_terminal_size((_PIPED_WIDTH, 40)).columns if live else _PIPED_WIDTH
    return render_terminal(leaderboard, width=width, color=live and not os.environ.get("NO_COLOR"))
