"""All figures of a report."""

from __future__ import annotations

from metabench.api.report import Report
from metabench.report.figures.canvas import Figure
from metabench.report.figures.costs import cost_figures
from metabench.report.figures.curves import curve_figures, scalar_figures
from metabench.report.figures.forest import forest_figures
from metabench.report.figures.fractions import fraction_figures
from metabench.report.figures.mixes import mix_figures

__all__ = ["figures"]


def figures(report: Report) -> tuple[Figure, ...]:
    """Return the figures of a report, in the order of the page."""
    board = report.leaderboard
    slots = {row.method: slot for slot, row in enumerate(board.rows)}
    return (
        *forest_figures(board),
        *fraction_figures(report.fractions, slots, alpha=board.alpha),
        *cost_figures(report.cost, slots, alpha=board.alpha),
        *curve_figures(report.curves, slots),
        *scalar_figures(report.scalars, slots),
        *mix_figures(report.mixes),
    )
