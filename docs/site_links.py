"""Links of the pages to source files: in a clone they open the file, on the site they are text.

The site holds the pages alone. mkdocs calls ``on_page_markdown`` for each of them (mkdocs.yml).
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["on_page_markdown"]

_SOURCE = re.compile(r"\[([^\]]+)\]\(\.\./(?:metabench|plugins|tests|pyproject)[^)]*\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page without its links to source files; their text stays."""
    return _SOURCE.sub(r"\1", markdown)
