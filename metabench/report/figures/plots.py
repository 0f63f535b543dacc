"""All figures of a report, and as files: SVG, and PDF where matplotlib is installed."""

from __future__ import annotations

from collections.abc import Iterator

from metabench.api.report import Report
from metabench.report.drawing.pdf import can_write_pdf, pdf
from metabench.report.drawing.shapes import Figure
from metabench.report.drawing.svg import standalone_svg
from metabench.report.figures.costs import cost_figures
from metabench.report.figures.curves import curve_figures, scalar_figures
from metabench.report.figures.forest import forest_figures
from metabench.report.figures.fractions import fraction_figures
from metabench.report.figures.mixes import mix_figures

__all__ = ["figures", "plot_files"]


def figures(report: Report) -> tuple[Figure, ...]:
    """Return what can be drawn of a report, in the order of the page."""
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


def plot_files(report: Report) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file; no PDF where matplotlib is not installed."""
    for figure in figures(report):
        yield f"{figure.name}.svg", standalone_svg(figure)
        if can_write_pdf():
            yield f"{figure.name}.pdf", pdf(figure)
