"""A leaderboard on stdout or in a file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.cli.views.text import echo_text, note, warn, write_output
from metabench.errors import PluginError
from metabench.frontend.comparing import Compared, collected_runs, compare
from metabench.frontend.rendering import Terminal, page_text
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.target import load_target

if TYPE_CHECKING:
    from metabench.api import RendererInfo
    from metabench.api.leaderboard import Leaderboard
    from metabench.plugin.status import Offer
    from metabench.results.collect import Collected
    from metabench.store.run_folder import Store


__all__ = [
    "echo_leaderboard",
    "put",
    "put_plots",
    "put_scores",
    "rendered",
    "results_of",
    "terminal",
]


def results_of(stores: Sequence[Store]) -> Collected:
    """Return the results of one run or several; warns of damaged records.

    Raises:
        MetabenchError: a folder is not a run folder, or the runs cannot be compared.
    """
    collected = collected_runs(stores)
    for damage in collected.damage:
        warn(f"{damage}; the cell counts as not run")
    return collected


def echo_leaderboard(stores: Sequence[Store]) -> None:
    """Show the leaderboard of a run that has just ended, without the table of cost.

    Raises:
        MetabenchError: a folder is not that of a run, or the runs cannot be compared.
    """
    from metabench.report.tables.page import leaderboard_page

    board = compare(stores, results_of(stores)).board
    text = page_text(
        lambda best: leaderboard_page(board, best=best, cost=False), "terminal", terminal()
    )
    put(text)


def put_scores(store: Store) -> None:
    """Print the table of scores of a run alone.

    Raises:
        MetabenchError: the folder is not that of a run.
    """
    from metabench.report.tables.page import Page, Part
    from metabench.report.tables.table import tables

    board = compare([store], results_of([store])).board
    page = Page((Part((next(tables(board)),), ()),))
    put(page_text(lambda _: page, "terminal", terminal()))


def put(text: str | bytes, output: Path | None = None) -> None:
    """Print a text, or write it to a file; bytes are for a file alone.

    Raises:
        StoreError: the file cannot be written.
    """
    data = text.encode() if isinstance(text, str) else text
    if output is not None:
        write_output(output, data)
    elif isinstance(text, str):
        echo_text(text, painted=True)


def put_plots(found: Compared, folder: Path) -> None:
    """Write the plots of the report to a new folder, and report it.

    Raises:
        StoreError: the folder cannot be written.
    """
    from metabench.report.figures.canvas import plot_files
    from metabench.report.figures.plots import figures
    from metabench.store.atomic import commit_bytes, make_folder
    from metabench.store.folder import Folder

    make_folder(Folder(folder))
    for figure in figures(found.report()):
        for name, data in plot_files(figure):
            commit_bytes(folder / name, data)
            note(f"written: {folder / name}")


def terminal() -> Terminal:
    """Return the width and colours of stdout; a pipe and a file have no colours."""
    if not sys.stdout.isatty():
        return Terminal()
    columns = shutil.get_terminal_size((Terminal.width, 40)).columns
    return Terminal(columns, not os.environ.get("NO_COLOR"))


def rendered(offer: Offer[RendererInfo], board: Leaderboard) -> str:
    """Return a plugin's text of a leaderboard.

    Raises:
        PluginError: its function cannot be loaded, raised, or returned no text.
    """
    render = load_target(offer.value.target)
    text = guarded(lambda: render(board))
    named, origin = f"format {offer.value.name!r}", offer.plugin.origin
    hint = f"use another format, or leave it out with -P no:{offer.plugin.distribution}"
    if isinstance(text, Fault):
        problem = f"{named} raised {text.detail}"
        raise PluginError(problem, where=origin, hint=hint) from text.error
    if not isinstance(text, str):
        problem = f"{named} returned {type(text).__name__}, not a text"
        raise PluginError(problem, where=origin, hint=hint)
    return text if text.endswith("\n") else f"{text}\n"
