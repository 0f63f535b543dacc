"""The look of figures: colours on light and dark pages, a method's colour, marker and dashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["COLOURS", "INK", "LINE", "PAPER", "SETTINGS", "SLOTS", "SOFT", "look", "page_colours"]

SLOTS = 8
"""Colours of methods; with more methods than these, marker and dashes differ."""

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

PAPER, INK, SOFT, LINE, _HAIR = (
    COLOURS[name][0] for name in ("paper", "ink", "soft", "line", "hair")
)
_MARKERS = ("o", "s", "^", "D", "v", "P", "p", "X")
_DASHES = ((), (6, 3), (2, 2), (8, 3, 2, 3), (4, 2), (10, 3), (1, 3))

SETTINGS: Mapping[str, Any] = {
    "axes.autolimit_mode": "round_numbers",
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.formatter.limits": (-99, 99),
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": SOFT,
    "axes.labelsize": 11,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.xmargin": 0,
    "axes.ymargin": 0,
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "grid.color": _HAIR,
    "grid.linewidth": 1,
    "legend.borderpad": 0,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 7,
    "lines.solid_capstyle": "butt",
    "lines.scale_dashes": False,
    "pdf.fonttype": 42,  # fonts embedded as they are, which publishers ask for
    "savefig.bbox": None,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": LINE,
    "xtick.labelcolor": SOFT,
    "xtick.major.size": 4,
    "xtick.minor.bottom": False,
    "ytick.labelcolor": SOFT,
    "ytick.major.pad": 8,
    "ytick.major.size": 0,
}
"""Settings of matplotlib for every figure, whatever the reader's own are; one unit is a pixel."""


def look(slot: int) -> dict[str, Any]:
    """Return a method's colour, marker and dashes; the latter two shift with each round."""
    shifted = slot + slot // SLOTS
    dashes = _DASHES[shifted % len(_DASHES)]
    return {
        "color": COLOURS[f"c{slot % SLOTS}"][0],
        "marker": _MARKERS[shifted % len(_MARKERS)],
        "linestyle": (0, dashes) if dashes else "-",
        "markeredgecolor": PAPER,
        "markeredgewidth": 0.8,
    }


def page_colours() -> str:
    """Return the style sheet's variables: the colours on light and on dark pages."""
    light = ";".join(f"--{name}:{pair[0]}" for name, pair in COLOURS.items())
    dark = ";".join(f"--{name}:{pair[1]}" for name, pair in COLOURS.items())
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
