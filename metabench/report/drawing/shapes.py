"""What a figure is made of: panels of lines, boxes, marks and words. No format is known here.

Lengths are pixels of the screen; y grows downwards. What something looks like is said by the name
of a paint (see `metabench.report.drawing.paint`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from metabench.escape import visible

__all__ = [
    "LEFT",
    "RIGHT",
    "SMALL",
    "TEXT",
    "Anchor",
    "Box",
    "Figure",
    "Key",
    "Mark",
    "Panel",
    "Path",
    "Point",
    "Shape",
    "Words",
    "outline",
    "shortened",
    "text_width",
    "widest",
]

Point: TypeAlias = tuple[float, float]
Anchor: TypeAlias = Literal["start", "middle", "end"]

TEXT = 12.0
SMALL = 11.0
_NARROW = frozenset("iljtfrI.,:;|!'()[]{} /-")
_WIDE = frozenset("mwMW@%")


def _turned(quarter: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return an outline of four equal quarters."""
    first = quarter
    second = tuple((-y, x) for x, y in first)
    return (*first, *second, *((-x, -y) for x, y in first), *((-x, -y) for x, y in second))


_MARKS: tuple[tuple[Point, ...], ...] = (
    (),  # a circle
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.25), (1.15, 0.85), (-1.15, 0.85)),
    ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    ((0, 1.25), (1.15, -0.85), (-1.15, -0.85)),
    _turned(((0.45, -1.3), (0.45, -0.45), (1.3, -0.45))),
    ((0, -1.3), (1.25, -0.4), (0.78, 1.05), (-0.78, 1.05), (-1.25, -0.4)),
    _turned(((0.2, -0.2), (0.6, -1.35), (1.35, -0.6))),
)
LEFT, RIGHT = -1, -2
"""Forms that are no method's: arrow heads."""
_ARROWS: Mapping[int, tuple[Point, ...]] = {
    LEFT: ((-1, 0), (0.6, -1), (0.6, 1)),
    RIGHT: ((1, 0), (-0.6, -1), (-0.6, 1)),
}


@final
@dataclass(frozen=True, slots=True)
class Path:
    """A line through points; ``dash`` as in SVG: lengths of strokes and gaps."""

    points: tuple[Point, ...]
    paint: str
    dash: tuple[float, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle from its upper left corner; ``hint`` is shown when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    paint: str
    hint: str = ""


@final
@dataclass(frozen=True, slots=True)
class Mark:
    """A mark around a point; forms from 0 repeat after eight; ``hint`` shows when pointed at."""

    x: float
    y: float
    form: int
    paint: str
    radius: float = 4.0
    hint: str = ""


@final
@dataclass(frozen=True, slots=True)
class Words:
    """A line of text on its base line; ``turned`` is read from below."""

    x: float
    y: float
    text: str
    paint: str = "text"
    anchor: Anchor = "start"
    turned: bool = False


Shape: TypeAlias = Path | Box | Mark | Words


@final
@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: its size, its shapes from back to front, and the same in words.

    Args:
        title: what is seen, in a few words.
        description: what it shows, for those who do not see it.
        width: in pixels.
        height: in pixels.
        shapes: from back to front.
    """

    title: str
    description: str
    width: float
    height: float
    shapes: tuple[Shape, ...]


@final
@dataclass(frozen=True, slots=True)
class Key:
    """A line of the legend: a method's slot (see `metabench.report.drawing.paint`) and its name."""

    slot: int
    name: str


@final
@dataclass(frozen=True, slots=True)
class Figure:
    """Panels that belong together.

    Args:
        name: unique in a report, safe as the name of a file.
        title: heading.
        caption: what is to be seen, and how it was made; one sentence each.
        panels: at least one.
        keys: the legend; none where the panels say it all.
    """

    name: str
    title: str
    caption: tuple[str, ...]
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...] = ()


def outline(mark: Mark) -> tuple[Point, ...]:
    """Return the corners of a mark; none for a circle."""
    corners = _ARROWS[mark.form] if mark.form < 0 else _MARKS[mark.form % len(_MARKS)]
    return tuple((mark.x + mark.radius * x, mark.y + mark.radius * y) for x, y in corners)


def text_width(text: str, size: float = SMALL) -> float:
    """Return about how wide a text is when it is shown, rather too much than too little."""
    return size * sum(map(_advance, visible(text)))


def _advance(character: str) -> float:
    """Return how far a character moves the pen, in units of the size."""
    if not character.isascii():
        is_wide = unicodedata.east_asian_width(character) in {"W", "F"}
        return 0.0 if unicodedata.combining(character) else 1.05 if is_wide else 0.75
    if character in _NARROW:
        return 0.38
    return 0.95 if character in _WIDE else 0.7 if character.isupper() else 0.61


def shortened(text: str, width: float, size: float = SMALL) -> str:
    """Return the text, its middle replaced by ``…`` where it would be wider than ``width``.

    The names of a grid begin alike, and differ at the end.
    """
    if text_width(text, size) <= width:
        return text
    half = (width / size - _advance("…")) / 2
    shown = visible(text)
    return f"{_fitting(shown, half).rstrip()}…{_fitting(shown[::-1], half)[::-1].lstrip()}"


def _fitting(text: str, room: float) -> str:
    """Return the beginning of a text that fits."""
    for count, character in enumerate(text):
        room -= _advance(character)
        if room < 0:
            return text[:count]
    return text


def widest(texts: Sequence[str], size: float = SMALL) -> float:
    """Return the width of the widest text, 0 where there is none."""
    return max((text_width(text, size) for text in texts), default=0.0)
