"""The pages as the site shows them: no links to source files, the changelog, formulas as code.

The site holds the pages alone. mkdocs calls both functions for each of them (mkdocs.yml).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["on_page_content", "on_page_markdown"]

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
