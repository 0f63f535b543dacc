"""A figure drawn by matplotlib: panels in a grid, as SVG (in a page or a file), PDF and PNG."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, final
from xml.etree.ElementTree import (  # nosec B405
    Element,
    SubElement,
    fromstring,
    tostring,
)

from metabench.escape import visible
from metabench.report.figures.style import COLOURS, PAPER, SETTINGS, look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

__all__ = [
    "Figure",
    "Panel",
    "drawn",
    "hint",
    "inline_svg",
    "plot_files",
    "report_style",
    "shortened",
]

_GAP, _MARGIN, _LEGEND_LINE, _LONGEST_NAME = 28, 8, 20, 28
_FEW = 6
_HINT = "hint: "
_FONT_SIZE = f"{SETTINGS['font.size']}px"
_AROUND = re.compile(r" ?([MLCz]) ?")
_STEP = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER = re.compile(r"-?\d+\.\d+")
_VARIABLES = {light: f"var(--{name})" for name, (light, _) in COLOURS.items()}
_NO_DATE: dict[str, dict[str, Any]] = {
    "svg": dict.fromkeys(("Creator", "Date", "Format", "Type")),
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
}


@final
@dataclass(frozen=True, slots=True)
class Panel:
    """One plot of a figure: its title, the same in words, and how it is drawn on axes."""

    title: str
    description: str
    draw: Callable[[Axes], None]


@final
@dataclass(frozen=True, slots=True)
class Figure:
    """Panels of one size that belong together.

    Args:
        name: unique in a report, safe as the name of a file.
        title: heading.
        caption: the content, and how it was made; one sentence each.
        panels: at least one.
        size: width and height of a panel in pixels.
        room: pixels of a panel on the left, right, above and below its axes.
        keys: the legend, slot and name of a method; empty where the panels suffice.
    """

    name: str
    title: str
    caption: tuple[str, ...]
    panels: tuple[Panel, ...]
    size: tuple[float, float] = (340, 236)
    room: tuple[float, float, float, float] = (58, 12, 36, 40)
    keys: tuple[tuple[int, str], ...] = ()


def hint(artist: Any, text: str) -> None:
    """Let a text be shown where an artist is pointed at."""
    artist.set_gid(_HINT + visible(text))


def shortened(text: str, most: int) -> str:
    """Return the text as it is shown, with ``…`` in its middle where it is longer.

    The names of a grid begin alike, and differ at the end.

    >>> shortened("Reptile k = 10, inner_lr = 1e-4", 15)
    'Reptile… = 1e-4'
    """
    shown = visible(text)
    half = most // 2
    return shown if len(shown) <= most else f"{shown[:half]}…{shown[-half:]}"


def drawn(figure: Figure, kind: type[Canvas] | None = None) -> Canvas:
    """Return the figure as matplotlib's: two panels side by side, three where there are many.

    Args:
        figure: the figure.
        kind: the class to return; None for matplotlib's ``Figure``.
    """
    from matplotlib.figure import Figure as Plain  # noqa: PLC0415  (slow to load)
    from matplotlib.lines import Line2D  # noqa: PLC0415

    columns = min(len(figure.panels), 2 if len(figure.panels) <= _FEW else 3)
    lines = -(-len(figure.panels) // columns)
    wide, high = figure.size
    width = columns * wide + (columns - 1) * _GAP + 2 * _MARGIN
    names = [shortened(name, _LONGEST_NAME) for _, name in figure.keys]
    keys = max(int(width // (60 + 7 * max(map(len, names), default=0))), 1)
    top = _LEGEND_LINE * -(-len(names) // keys)
    height = top + lines * high + (lines - 1) * _GAP + 2 * _MARGIN
    canvas = (kind or Plain)(figsize=(width / 72, height / 72), dpi=72, facecolor=PAPER)
    left, right, above, below = figure.room
    size = ((wide - left - right) / width, (high - above - below) / height)
    for index, panel in enumerate(figure.panels):
        x = _MARGIN + index % columns * (wide + _GAP) + left
        y = height - _MARGIN - top - index // columns * (high + _GAP) - high + below
        _draw(panel, canvas.add_axes((x / width, y / height, *size)), figure)
    if figure.keys:
        samples = [Line2D([], [], **look(slot)) for slot, _ in figure.keys]
        canvas.legend(samples, names, loc="upper left", ncols=keys, handlelength=3)
    return canvas


def _draw(panel: Panel, axes: Axes, figure: Figure) -> None:
    left, right, above, _ = figure.room
    title = shortened(panel.title, int(figure.size[0] // 7.5))
    axes.set_title(title, x=-left / (figure.size[0] - left - right), pad=above - 22)
    axes.patch.set_visible(False)
    axes.locator_params(nbins=5, steps=[1, 2, 2.5, 5, 10])
    panel.draw(axes)
    for artist in axes.findobj():
        artist.set_clip_on(False)  # marks end with their axis


def plot_files(figure: Figure) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of a figure's files; the same figure gives the same bytes."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"{figure.name}.svg", f"{head}{_markup(_svg(figure))}\n".encode()
    for kind in ("pdf", "png"):
        yield f"{figure.name}.{kind}", _saved(figure, kind, dpi=144)


def inline_svg(figure: Figure) -> str:
    """Return a figure as an element of a page, in the page's colours and font."""
    root = _svg(figure)
    for item in root.iter():
        for name in ("fill", "stroke"):
            if item.get(name) in _VARIABLES:
                item.set(name, _VARIABLES[item.attrib[name]])
    for name in ("xmlns", "font-family"):
        del root.attrib[name]
    root.set("class", "plot")
    root.set("aria-labelledby", f"{figure.name}-title")
    root.set("aria-describedby", f"{figure.name}-desc")
    root[0].set("id", f"{figure.name}-title")
    root[1].set("id", f"{figure.name}-desc")
    return _markup(root)


def _saved(figure: Figure, kind: str, *, dpi: int = 72) -> bytes:
    target = io.BytesIO()
    with report_style(figure), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that the font lacks is drawn as a box
        drawn(figure).savefig(target, format=kind, dpi=dpi, metadata=_NO_DATE[kind])
    return target.getvalue()


@contextmanager
def report_style(figure: Figure) -> Iterator[None]:
    """Use matplotlib's default settings and those of the report, whatever the user has set."""
    from matplotlib import rc_context  # noqa: PLC0415

    settings: dict[Any, Any] = {**_usual(), **SETTINGS, "svg.hashsalt": figure.name}
    with rc_context(settings):
        yield


@cache
def _usual() -> Mapping[Any, Any]:
    from matplotlib import rcParamsDefault  # noqa: PLC0415

    return {key: rcParamsDefault[key] for key in rcParamsDefault if "backend" not in key}


def _svg(figure: Figure) -> Element:
    """Return matplotlib's SVG with plain attributes in place of styles, and the figure in words."""
    made = fromstring(_saved(figure, "svg"))  # noqa: S314  # nosec B314
    *_, width, height = made.attrib["viewBox"].split()
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "img",
            "font-family": "DejaVu Sans, Helvetica, Arial, sans-serif",
            "font-size": _FONT_SIZE,
            "stroke-linejoin": "round",
        },
    )
    described = " ".join(f"{panel.title}: {panel.description}" for panel in figure.panels)
    for tag, text in (("title", figure.title), ("desc", described)):
        SubElement(root, tag).text = visible(text)
    root.extend(kept for item in made[1:] for kept in _rebuilt(item))
    return root


def _rebuilt(item: Element) -> Iterator[Element]:
    """Yield an element without need of a style sheet; for a group without a hint, its children."""
    tag, name = item.tag.rpartition("}")[2], item.get("id", "")
    inside = [kept for child in item for kept in _rebuilt(child)]
    if tag == "g" and not name.startswith(_HINT):
        yield from inside
        return
    made = Element(tag, dict(_attributes(item)))
    if tag == "text":
        made.text = item.text
    if tag == "g":
        SubElement(made, "title").text = name.removeprefix(_HINT)
    elif name:
        made.set("id", name)  # of a marker, which its uses name
    made.extend(inside)
    yield made


def _attributes(item: Element) -> Iterator[tuple[str, str]]:
    for name, value in item.attrib.items():
        if name == "style":
            for part in value.split("; "):
                key, _, said = part.partition(": ")
                if key not in {"font-family", "stroke-dashoffset"} and said != _FONT_SIZE:
                    yield key, said
        elif name != "id" and not value.startswith("rotate(-0 "):
            text = " ".join(value.split())
            short = _path(text) if name == "d" else _NUMBER.sub(_short, text)
            yield name.rpartition("}")[2], short


def _path(text: str) -> str:
    """Return a path with the lines of a polyline from point to point: half of a report's bytes.

    >>> _path("M 10 20 L 30.02 15.5 L 40 15.5")
    'M10 20l20-4.5l10 0'
    """
    steps = _STEP.findall(text)
    if {command for command, _ in steps} != {"M", "L"}:
        return _AROUND.sub(r"\1", _NUMBER.sub(_short, text))
    made, before = [], (0, 0)
    for command, point in steps:
        x, y = (round(10 * float(number)) for number in point.split())  # in tenths of a pixel
        left, up = (x, y) if command == "M" else (x - before[0], y - before[1])
        between = "" if up < 0 else " "
        made.append(f"{'M' if command == 'M' else 'l'}{left / 10:g}{between}{up / 10:g}")
        before = x, y
    return "".join(made)


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _markup(root: Element) -> str:
    return tostring(root, encoding="unicode")
