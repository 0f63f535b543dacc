"""A leaderboard as text, in each built-in format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, final

from metabench.errors import UsageError
from metabench.plugin.formats import TextFormat

if TYPE_CHECKING:
    from metabench.frontend.comparing import Compared
    from metabench.report.tables.page import Page

__all__ = ["Detail", "Terminal", "page_text", "render"]


@final
@dataclass(frozen=True)
class Detail:
    """The parts of a leaderboard that a format can leave out.

    Args:
        layout: ``paper`` for the layout of the published tables that the benchmark file names.
        explain: whether the statistics are explained in words.
        seeds: whether the scores of each meta seed are shown; as CSV, one line each.
    """

    layout: Literal["leaderboard", "paper"] = "leaderboard"
    explain: bool = False
    seeds: bool = False


@final
@dataclass(frozen=True)
class Terminal:
    """The width of a terminal in characters, and whether it shows colours."""

    width: int = 100
    color: bool = False


_USUAL, _PIPE = Detail(), Terminal()


def render(
    found: Compared, form: TextFormat, detail: Detail = _USUAL, terminal: Terminal = _PIPE
) -> str:
    """Return the text of a leaderboard.

    Args:
        found: the leaderboard.
        form: the format.
        detail: the parts to show.
        terminal: the terminal that ``form`` is for, if it is for one.

    Raises:
        UsageError: the format does not have the layout, or the run names no published tables.
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

    return page_text(page, form, terminal)


def _data_text(found: Compared, form: TextFormat, *, long: bool) -> str:
    if form == "csv":
        from metabench.report.formats.csv_text import render_csv, render_long_csv

        if long:
            return render_long_csv(found.lines())
        return render_csv(found.board)
    if form == "json":
        from metabench.report.formats.json_text import render_json

        return render_json(found.board)
    from metabench.report.formats.html import render_html

    return render_html(found.report())


def page_text(page: Callable[[str], Page], form: TextFormat, terminal: Terminal = _PIPE) -> str:
    """Return a page as text; ``page`` is given how the format marks the best of a column."""
    if form == "markdown":
        from metabench.report.formats.markdown import markdown_page

        return markdown_page(page("bold"))
    if form == "latex":
        from metabench.report.formats.latex import latex_page

        return latex_page(page("bold"))
    from metabench.report.formats.terminal import BEST, terminal_text

    return terminal_text(page(BEST), width=terminal.width, color=terminal.color)
