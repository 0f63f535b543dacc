"""A figure as PDF with embedded fonts, drawn by matplotlib from the shapes that SVG is made of."""

from __future__ import annotations

import importlib.util
import io
import warnings
from typing import TYPE_CHECKING, Any

from metabench.escape import visible
from metabench.report.drawing.compose import composed
from metabench.report.drawing.paint import COLOURS, PAINTS
from metabench.report.drawing.shapes import (
    Box,
    Figure,
    Mark,
    Panel,
    Path,
    Point,
    Shape,
    Words,
    outline,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["can_write_pdf", "pdf"]

_PIXELS_PER_INCH = 96
_POINTS_PER_PIXEL = 0.75
_SETTINGS: dict[Any, Any] = {  # whatever the reader's own settings say
    "font.family": "DejaVu Sans",
    "pdf.fonttype": 42,
    "savefig.bbox": None,
    "text.usetex": False,
}
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def can_write_pdf() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def pdf(figure: Figure) -> bytes:
    """Return a figure as a PDF page of its size; the same figure gives the same bytes."""
    from matplotlib import rc_context  # noqa: PLC0415  (slow to load, and optional)

    with rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that the font lacks is drawn as a box
        return _page(composed(figure))


def _page(panel: Panel) -> bytes:
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415

    canvas = Canvas(figsize=(panel.width / _PIXELS_PER_INCH, panel.height / _PIXELS_PER_INCH))
    axes = canvas.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, panel.width), ylim=(panel.height, 0))
    axes.set_axis_off()
    for shape in panel.shapes:
        _draw(axes, shape)
    target = io.BytesIO()
    canvas.savefig(target, format="pdf", metadata={"CreationDate": None})
    return target.getvalue()


def _draw(axes: Any, shape: Shape) -> None:
    if isinstance(shape, Words):
        _words(axes, shape)
    elif isinstance(shape, Path):
        _line(axes, shape)
    elif isinstance(shape, Box):
        x, y, right, low = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
        _area(axes, ((x, y), (right, y), (right, low), (x, low)), shape.paint)
    else:
        _mark(axes, shape)


def _look(paint: str) -> dict[str, Any]:
    look = PAINTS[paint]
    return {
        "edgecolor": COLOURS[look.stroke][0] if look.stroke else "none",
        "facecolor": COLOURS[look.fill][0] if look.fill else "none",
        "linewidth": look.width * _POINTS_PER_PIXEL if look.stroke else 0,
        "alpha": look.opacity if look.opacity < 1 else None,
    }


def _line(axes: Any, shape: Path) -> None:
    look = PAINTS[shape.paint]
    width = look.width * _POINTS_PER_PIXEL
    dashes = tuple(length * _POINTS_PER_PIXEL / width for length in shape.dash)
    axes.plot(
        [x for x, _ in shape.points],
        [y for _, y in shape.points],
        color=COLOURS[look.stroke][0],
        linewidth=width,
        linestyle=(0, dashes) if dashes else "-",
        alpha=look.opacity,
    )


def _mark(axes: Any, shape: Mark) -> None:
    corners = outline(shape)
    if corners:
        _area(axes, corners, shape.paint)
        return
    from matplotlib.patches import Circle  # noqa: PLC0415

    patch = Circle((shape.x, shape.y), shape.radius, **_look(shape.paint))
    axes.add_patch(patch).set_zorder(2)


def _area(axes: Any, corners: Sequence[Point], paint: str) -> None:
    from matplotlib.patches import Polygon  # noqa: PLC0415

    axes.add_patch(Polygon(corners, closed=True, **_look(paint))).set_zorder(2)


def _words(axes: Any, shape: Words) -> None:
    look = PAINTS[shape.paint]
    axes.text(
        shape.x,
        shape.y,
        visible(shape.text),
        color=COLOURS[look.fill][0],
        fontsize=look.size * _POINTS_PER_PIXEL,
        fontweight="bold" if look.bold else "normal",
        horizontalalignment=_ANCHORS[shape.anchor],
        verticalalignment="baseline",
        rotation=90 if shape.turned else 0,
        rotation_mode="anchor",
        parse_math=False,
    )
