"""The pages as the site shows them: no links to source files, the changelog, formulas as code.

The site holds the pages alone. mkdocs calls these functions for each of them, and once at the end
for the addresses of pages that were merged into others (mkdocs.yml).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["MOVED", "on_page_content", "on_page_markdown", "on_post_build"]

MOVED = {"dry_run": "cost.html#before-a-run", "offline_cluster": "clusters.html#fetch-data-first"}
"""Where a page is now, by its earlier name."""

_CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
_FORMULA = re.compile(r":math:<code>(.*?)</code>|<p>\.\. math:: (.*?)</p>", re.DOTALL)

_SOURCE = re.compile(r"\[([^\]]+)\]\(\.\./(?:metabench|plugins|tests|pyproject)[^)]*\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return a page without its links to source files; their text stays."""
    if page.file.src_uri == "changelog.md":
        return _CHANGELOG.read_text(encoding="utf-8")
    return _SOURCE.sub(r"\1", markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Return a page whose docstrings' formulas are code."""
    return _FORMULA.sub(r"<code>\1\2</code>", html)


def on_post_build(*, config: Any, **_: Any) -> None:
    """Write a page at each earlier address that leads to the present one."""
    for name, target in MOVED.items():
        page = f'<!doctype html><meta http-equiv="refresh" content="0; url={target}">'
        (Path(config.site_dir) / f"{name}.html").write_text(f"{page}\n", encoding="utf-8")
