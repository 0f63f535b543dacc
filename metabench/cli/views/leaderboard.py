"""From run folders to a leaderboard on stdout or in a file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, final

from metabench.cli.views.text import echo_text, note, warn, write_output
from metabench.errors import PluginError, UsageError
from metabench.plugin.formats import Format
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.target import load_target

if TYPE_CHECKING:
    from metabench.api import RendererInfo
    from metabench.api.leaderboard import Leaderboard
    from metabench.leaderboard.columns import Choice
    from metabench.plugin.status import Offer
    from metabench.report.tables.page import Page
    from metabench.results.collect import Collected
    from metabench.store.run_folder import Store


__all__ = [
    "Compared",
    "Detail",
    "compared",
    "echo_leaderboard",
    "put",
    "put_plots",
    "put_scores",
    "render",
    "rendered",
]

_PIPED_WIDTH = 100


@final
@dataclass(frozen=True)
class Compared:
    """Run folders, their values, and their leaderboard."""

    stores: tuple[Store, ...]
    collected: Collected
    board: Leaderboard


def compared(
    stores: Sequence[Store],
    *,
    baselines: Sequence[str] = (),
    choice: Choice | None = None,
    most_runs: float = 0,
) -> Compared:
    """Read one run or several, and warn of unusable records.

    Args:
        stores: the run folders.
        baselines: methods to compare with, instead of those of the benchmark file.
        choice: the requested columns and options.
        most_runs: predictions are read, for intervals over seeds and evaluation examples, if there
            are at most so many scores.

    Raises:
        MetabenchError: a folder is no run folder, the runs cannot be compared, or a requested part
            does not exist.
    """
    from metabench.leaderboard.build import build_leaderboard
    from metabench.leaderboard.columns import Choice
    from metabench.results.collect import collect
    from metabench.results.merge import merge
    from metabench.store.run_folder import reading_many

    with reading_many():
        collected = merge([collect(store) for store in stores])
        for damage in collected.damage:
            warn(f"{damage}; the cell counts as not run")
        board = build_leaderboard(collected, baselines=baselines, choice=choice or Choice())
        if len(collected.note.uses) <= most_runs:
            from metabench.leaderboard.crossed import with_crossed_intervals

            board = with_crossed_intervals(board, stores, collected)
    return Compared(tuple(stores), collected, board)


@final
@dataclass(frozen=True)
class Detail:
    """The optional parts of a leaderboard's text.

    Args:
        layout: ``paper`` for the layout of the benchmark file's published tables.
        explain: whether the statistics are explained.
        seeds: whether the scores of each meta seed are shown; as CSV, one line each.
    """

    layout: Literal["leaderboard", "paper"] = "leaderboard"
    explain: bool = False
    seeds: bool = False


_USUAL = Detail()


def echo_leaderboard(stores: Sequence[Store]) -> None:
    """Show the leaderboard of a run that has just ended, without the table of cost.

    Raises:
        MetabenchError: a folder is not that of a run, or the runs cannot be compared.
    """
    from metabench.report.tables.page import leaderboard_page

    board = compared(stores).board
    put(_page_text(lambda best: leaderboard_page(board, best=best, cost=False), "terminal"))


def put_scores(store: Store) -> None:
    """Print the table of scores of a run alone.

    Raises:
        MetabenchError: the folder is not that of a run.
    """
    from metabench.report.tables.page import Page, Part
    from metabench.report.tables.table import tables

    board = compared([store]).board
    page = Page((Part((next(tables(board)),), ()),))
    put(_page_text(lambda _: page, "terminal"))


def put(text: str, output: Path | None = None) -> None:
    """Print a text, or write it to a file.

    Raises:
        StoreError: the file cannot be written.
    """
    if output is None:
        echo_text(text, painted=True)
    else:
        write_output(output, text.encode())


def render(
    found: Compared,
    form: Format,
    detail: Detail = _USUAL,
    *,
    live: bool = True,
) -> str:
    """Return the text of a leaderboard.

    Args:
        found: the leaderboard.
        form: the format.
        detail: its optional parts.
        live: whether the width and the colours of stdout may be used.

    Raises:
        UsageError: this format lacks the layout, or the run names no published tables.
    """
    from metabench.report.tables.page import Page, leaderboard_page

    if form in {"csv", "json", "html"}:
        if detail.layout == "paper":
            raise UsageError(
                f"--layout paper is not there as {form}",
                hint="choose terminal, markdown or latex, or leave --layout out",
            )
        return _data_text(found, form, long=detail.seeds)

    def page(best: str) -> Page:
        if detail.layout == "leaderboard":
            return leaderboard_page(
                found.board,
                best=best,
                cost=form != "latex",
                explain=detail.explain,
                seeds=detail.seeds,
            )
        from metabench.report.tables.paper_layout import paper_parts

        parts = paper_parts(found.collected, best=best)
        return Page(parts, signature=found.board.signature)

    return _page_text(page, form, live=live)


def _data_text(found: Compared, form: Format, *, long: bool) -> str:
    if form == "csv":
        from metabench.report.formats.csv_text import render_csv, render_long_csv

        if long:
            return render_long_csv(found.collected, found.board)
        return render_csv(found.board)
    if form == "json":
        from metabench.report.formats.json_text import render_json

        return render_json(found.board)
    from metabench.report.formats.html import render_html
    from metabench.report.report import build_report
    from metabench.store.run_folder import reading_many

    with reading_many():
        return render_html(build_report(found.stores, found.collected, found.board))


def _page_text(page: Callable[[str], Page], form: Format, *, live: bool = True) -> str:
    """Return a page as text; ``page`` is given how the format marks the best of a column."""
    if form == "markdown":
        from metabench.report.formats.markdown import markdown_page

        return markdown_page(page("bold"))
    if form == "latex":
        from metabench.report.formats.latex import latex_page

        return latex_page(page("bold"))
    from metabench.report.formats.terminal import BEST, terminal_text

    width, color = _terminal(live=live)
    return terminal_text(page(BEST), width=width, color=color)


def put_plots(found: Compared, folder: Path) -> None:
    """Write the plots of the report to a new folder, and report it.

    Raises:
        StoreError: the folder cannot be written.
    """
    from metabench.report.figures.canvas import plot_files
    from metabench.report.figures.plots import figures
    from metabench.report.report import build_report
    from metabench.store.atomic import commit_bytes, make_folder
    from metabench.store.folder import Folder

    make_folder(Folder(folder))
    for figure in figures(build_report(found.stores, found.collected, found.board)):
        for name, data in plot_files(figure):
            commit_bytes(folder / name, data)
            note(f"written: {folder / name}")


def _terminal(*, live: bool) -> tuple[int, bool]:
    """Return the width to use, and whether to use colours; a pipe and a file have neither."""
    if not (live and sys.stdout.isatty()):
        return _PIPED_WIDTH, False
    columns = shutil.get_terminal_size((_PIPED_WIDTH, 40)).columns
    return columns, not os.environ.get("NO_COLOR")


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
