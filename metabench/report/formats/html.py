"""The report as one HTML file: no network, no inline style, a strict content policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files

from metabench.api.report import Report
from metabench.report.drawing.compose import key_shapes
from metabench.report.drawing.paint import plot_style
from metabench.report.drawing.shapes import Figure
from metabench.report.drawing.svg import inline_panel, inline_shapes
from metabench.report.figures.plots import figures
from metabench.report.formats.html_tables import cost_table, facts_table, scores_table
from metabench.report.markup import Element, Verbatim, element, markup
from metabench.report.tables.legend import legend

__all__ = ["render_html"]

_WARNING = re.compile(r"[A-Z]{3,}: ")
_SMOKE = "SMOKE: a quick walk through every cell; no number here is a result"


def render_html(report: Report) -> str:
    """Return the page; the same report gives the same text."""
    style = plot_style() + _shipped("page.css")
    script = _shipped("page.js")
    board = report.leaderboard
    sections = tuple(_sections(report))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{board.name}: leaderboard"),
        element("link", rel="icon", href="data:,"),
        element("style", Verbatim(style)),
    )
    body = element(
        "body",
        _header(report, sections),
        element("main", *sections),
        element("script", Verbatim(script)),
    )
    return f"<!DOCTYPE html>\n{markup(element('html', head, body, lang='en'))}\n"


def _shipped(name: str) -> str:
    return files("metabench.report.formats").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _header(report: Report, sections: Sequence[Element]) -> Element:
    board = report.leaderboard
    seeds = max((score.planned for row in board.rows for score in row.scores), default=0)
    counted = (
        f"metabench leaderboard: {_many(len(board.rows), 'method')},"
        f" {_many(len(board.columns), 'column')}, {_many(seeds, 'meta seed')}"
    )
    warnings = [
        *(caption for caption in board.captions if _WARNING.match(caption)),
        *report.notes,
    ]
    if board.smoke and not any(warning.startswith("SMOKE: ") for warning in warnings):
        warnings.insert(0, _SMOKE)
    links = [
        element("li", element("a", title, href=f"#{dict(section.attributes)['id']}"))
        for section in sections
        if (title := _title(section))
    ]
    return element(
        "header",
        element("h1", board.name),
        element("p", counted, class_="under"),
        *([_list(warnings, class_="notes")] if warnings else []),
        element("nav", element("ul", *links), aria_label="Contents"),
    )


def _title(section: Element) -> str:
    """Return the text of a section's heading."""
    heading = section.children[0]
    first = heading.children[0] if isinstance(heading, Element) else ""
    return first if isinstance(first, str) else ""


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _sections(report: Report) -> Iterator[Element]:
    board = report.leaderboard
    captions = [caption for caption in board.captions if not _WARNING.match(caption)]
    captions += legend(board, best="bold", cost=True)
    hint = element("p", "Click a heading to sort.", class_="hint soft")
    yield _section(
        "scores", "Leaderboard", scores_table(board), hint, _list(captions, class_="captions")
    )
    costs = cost_table(board)
    for figure in figures(report):
        after = [costs] if costs is not None and figure.name == "cost" else []
        yield _section(figure.name, figure.title, _figure(figure), *after)
    if costs is not None and report.cost is None:
        yield _section("cost", "Cost", costs)
    if board.explanation or board.signature:
        said = [element("p", board.explanation)] if board.explanation else []
        signed = [element("code", board.signature)] if board.signature else []
        yield _section("statistics", "Statistics", *said, *signed)
    if report.facts:
        yield _section("provenance", "Where the numbers come from", facts_table(report.facts))


def _section(name: str, title: str, *children: Element) -> Element:
    return element("section", element("h2", title), *children, id=name)


def _list(sentences: Sequence[str], *, class_: str) -> Element:
    return element("ul", *(element("li", sentence) for sentence in sentences), class_=class_)


def _figure(figure: Figure) -> Element:
    panels = [
        inline_panel(panel, name=f"{figure.name}-{index}")
        for index, panel in enumerate(figure.panels)
    ]
    one = "panels one" if len(panels) == 1 else "panels"
    return element(
        "figure",
        *([_keys(figure)] if figure.keys else []),
        element("div", *panels, class_=one),
        element("figcaption", " ".join(figure.caption)),
    )


def _keys(figure: Figure) -> Element:
    return element(
        "ul",
        *(
            element(
                "li",
                element(
                    "svg", *inline_shapes(key_shapes(key)), viewBox="0 0 22 12", aria_hidden="true"
                ),
                element("bdi", key.name),
            )
            for key in figure.keys
        ),
        class_="keys",
    )
