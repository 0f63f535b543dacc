"""Panels as SVG: inside a page with classes, or as a file of its own with colours written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

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
from metabench.report.markup import Element, element, markup, number

__all__ = ["inline_panel", "inline_shapes", "standalone_svg"]

Look: TypeAlias = Callable[[str], dict[str, str | float | None]]
_FONTS = "Helvetica, Arial, 'DejaVu Sans', sans-serif"


def inline_panel(panel: Panel, *, name: str) -> Element:
    """Return a panel as an element of a page; ``name`` is unique in the page."""
    return element(
        "svg",
        element("title", panel.title, id=f"{name}-title"),
        element("desc", panel.description, id=f"{name}-desc"),
        *inline_shapes(panel.shapes),
        class_="panel",
        viewBox=f"0 0 {number(panel.width)} {number(panel.height)}",
        width=panel.width,
        height=panel.height,
        role="img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
    )


def inline_shapes(shapes: Sequence[Shape]) -> tuple[Element, ...]:
    """Return shapes that take their look from the style sheet of the page."""
    return tuple(_shape(shape, _class) for shape in shapes)


def standalone_svg(figure: Figure) -> bytes:
    """Return a figure as an SVG file that needs no style sheet; on white, for print."""
    panel = composed(figure)
    size = {"width": number(panel.width), "height": number(panel.height)}
    root = element(
        "svg",
        element("title", panel.title),
        element("desc", panel.description),
        element("rect", fill=COLOURS["paper"][0], **size),
        *(_shape(shape, _attributes) for shape in panel.shapes),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size['width']} {size['height']}",
        role="img",
        font_family=_FONTS,
        **size,
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{markup(root)}\n'.encode()


def _class(paint: str) -> dict[str, str | float | None]:
    return {"class": paint}


def _attributes(paint: str) -> dict[str, str | float | None]:
    look = PAINTS[paint]
    return {
        "stroke": COLOURS[look.stroke][0] if look.stroke else None,
        "stroke-width": number(look.width) if look.stroke else None,
        "fill": COLOURS[look.fill][0] if look.fill else "none",
        "opacity": number(look.opacity) if look.opacity < 1 else None,
        "font-size": number(look.size) if look.size else None,
        "font-weight": "bold" if look.bold else None,
    }


def _shape(shape: Shape, look: Look) -> Element:
    if isinstance(shape, Path):
        dashes = " ".join(map(number, shape.dash)) or None
        line = f"M{_points(shape.points)}"
        return element("path", d=line, stroke_dasharray=dashes, **look(shape.paint))
    if isinstance(shape, Words):
        return _words(shape, look)
    hint = (element("title", shape.hint),) if shape.hint else ()
    if isinstance(shape, Box):
        place = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
        return element("rect", *hint, **place, **look(shape.paint))
    return _mark(shape, hint, look)


def _mark(shape: Mark, hint: tuple[Element, ...], look: Look) -> Element:
    corners = outline(shape)
    if not corners:
        return element("circle", *hint, cx=shape.x, cy=shape.y, r=shape.radius, **look(shape.paint))
    return element("path", *hint, d=f"M{_points(corners)}Z", **look(shape.paint))


def _words(shape: Words, look: Look) -> Element:
    turned = f"rotate(-90 {number(shape.x)} {number(shape.y)})" if shape.turned else None
    anchor = None if shape.anchor == "start" else shape.anchor
    return element(
        "text",
        shape.text,
        x=shape.x,
        y=shape.y,
        text_anchor=anchor,
        transform=turned,
        **look(shape.paint),
    )


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in points)


def _short(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
