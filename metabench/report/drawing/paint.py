"""What lines, marks and words look like, once for the screen, for SVG files and for PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

__all__ = ["COLOURS", "PAINTS", "SLOTS", "Paint", "dash", "form", "plot_style", "slot_paint"]

SLOTS = 8
"""Colours of methods; with more methods than these, mark and dash tell them apart."""

COLOURS: Mapping[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#14171b"),
    "ink": ("#1b1f24", "#e8eaed"),
    "soft": ("#59626d", "#a5aeb9"),
    "line": ("#8a939e", "#79838f"),
    "hair": ("#e3e6ea", "#2b3138"),
    "c0": ("#30353b", "#dfe3e8"),
    "c1": ("#0067b1", "#5fb2f5"),
    "c2": ("#c2500a", "#f58f4f"),
    "c3": ("#007a58", "#3cc39a"),
    "c4": ("#9c3f8f", "#dd8fd2"),
    "c5": ("#866800", "#d3b13c"),
    "c6": ("#c22f4f", "#ff8fa3"),
    "c7": ("#3a7d99", "#8fc9df"),
}
"""On a light page, and on a dark one. Every colour of a method has a contrast above 4 on both."""

_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (2, 2), (8, 3, 2, 3), (4, 2), (10, 3), (1, 3))


@final
@dataclass(frozen=True, slots=True)
class Paint:
    """A look: names of colours, the width of lines, the size of words."""

    stroke: str = ""
    fill: str = ""
    width: float = 1.0
    opacity: float = 1.0
    size: float = 0.0
    bold: bool = False


_FIXED = {
    "axis": Paint(stroke="line"),
    "grid": Paint(stroke="hair"),
    "zero": Paint(stroke="soft"),
    "interval": Paint(stroke="ink", width=1.6),
    "arrow": Paint(fill="ink"),
    "decided": Paint(stroke="ink", fill="ink", width=1.4),
    "undecided": Paint(stroke="ink", fill="paper", width=1.4),
    "bar": Paint(fill="c1", opacity=0.85),
    "share": Paint(stroke="ink", width=1.8),
    "leader": Paint(stroke="line", width=0.7),
    "text": Paint(fill="ink", size=11),
    "strong": Paint(fill="ink", size=11, bold=True),
    "title": Paint(fill="ink", size=12, bold=True),
    "heading": Paint(fill="ink", size=14, bold=True),
    "soft": Paint(fill="soft", size=11),
}


def _all() -> Mapping[str, Paint]:
    found = dict(_FIXED)
    for slot in range(SLOTS):
        colour = f"c{slot}"
        found[f"line{slot}"] = Paint(stroke=colour, width=1.8)
        found[f"seed{slot}"] = Paint(stroke=colour, opacity=0.45)
        found[f"whisker{slot}"] = Paint(stroke=colour, width=1.2, opacity=0.75)
        found[f"mark{slot}"] = Paint(stroke="paper", fill=colour, width=0.8)
    return found


PAINTS: Mapping[str, Paint] = _all()
"""Every paint by its name, which is also its class in HTML."""


def slot_paint(kind: str, slot: int) -> str:
    """Return the name of a method's paint: ``line``, ``seed``, ``whisker`` or ``mark``."""
    return f"{kind}{slot % SLOTS}"


def form(slot: int) -> int:
    """Return the form of a method's mark; it shifts with every round of the colours."""
    return slot + slot // SLOTS


def dash(slot: int) -> tuple[float, ...]:
    """Return the dash of a method's line; it shifts with every round of the colours."""
    return _DASHES[(slot + slot // SLOTS) % len(_DASHES)]


def plot_style() -> str:
    """Return the style sheet: colours on light and dark pages, one rule a paint."""
    light = ";".join(f"--{name}:{pair[0]}" for name, pair in COLOURS.items())
    dark = ";".join(f"--{name}:{pair[1]}" for name, pair in COLOURS.items())
    rules = "\n".join(f"svg .{name}{{{_rule(paint)}}}" for name, paint in PAINTS.items())
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}\n"
    )


def _rule(paint: Paint) -> str:
    said = [
        f"stroke:var(--{paint.stroke})" if paint.stroke else "",
        f"fill:var(--{paint.fill})" if paint.fill else "fill:none",
        f"stroke-width:{paint.width:g}" if paint.stroke else "",
        f"opacity:{paint.opacity:g}" if paint.opacity < 1 else "",
        f"font-size:{paint.size:g}px" if paint.size else "",
        "font-weight:600" if paint.bold else "",
    ]
    return ";".join(part for part in said if part)
