"""A leaderboard in each format of text, as `metabench compare` puts it together."""

from __future__ import annotations

from metabench.report.formats.latex import latex_page
from metabench.report.formats.markdown import markdown_page
from metabench.report.formats.terminal import BEST, terminal_text
from metabench.report.tables.page import leaderboard_page


def render_terminal(board, *, width=100, color=False, **shown):
    return terminal_text(leaderboard_page(board, best=BEST, **shown), width=width, color=color)


def render_markdown(board, **shown):
    return markdown_page(leaderboard_page(board, best="bold", **shown))


def render_latex(board, **shown):
    return latex_page(leaderboard_page(board, best="bold", cost=False, **shown))
