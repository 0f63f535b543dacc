"""Figures of the site, and its gallery: from the report that the tests compare byte by byte.

mkdocs calls these functions (mkdocs.yml).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["filled", "on_page_markdown", "on_post_build"]

_REPORT = Path(__file__).parents[1] / "tests" / "unit" / "report" / "golden" / "signs.html"
_NAME = "gallery_report.html"
_FIGURE = re.compile(r"^<!-- figure: ([\w-]+) -->$", re.MULTILINE)
_FRAME = f'<iframe class="report" src="{_NAME}" title="A report of metabench"></iframe>'
_COLOURS = re.compile(r":root\{(?:color-scheme:light dark;)?(.*?)\}")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with the figures that it names."""
    if not _FIGURE.search(markdown):
        return markdown
    return filled(markdown, _REPORT.read_text(encoding="utf-8"))


def on_post_build(config: Any, **_: Any) -> None:
    """Put the gallery's report next to the pages."""
    (Path(config["site_dir"]) / _NAME).write_bytes(_REPORT.read_bytes())


def filled(markdown: str, report: str) -> str:
    """Return a page with figures of a report, and their colours, light and dark."""
    light, dark = _COLOURS.findall(report)[:2]
    colours = f'.figure{{{light}}} [data-md-color-scheme="slate"] .figure{{{dark}}}'

    def figure(found: re.Match[str]) -> str:
        section = report.partition(f'<section id="{found[1]}">')[2].partition("</section>")[0]
        (svg,) = re.findall(r"<svg .*?</svg>", section, re.DOTALL)[:1]
        return f'<div class="figure">{" ".join(svg.split())}</div>'

    text = _FIGURE.sub(figure, markdown).replace("<!-- report -->", _FRAME)
    return f"{text}\n<style>{colours}</style>\n"
