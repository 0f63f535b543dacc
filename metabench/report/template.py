"""Pages from templates: escaped, no network, no inline style, a strict content policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from metabench.escape import visible
from metabench.report.figures.style import page_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment

__all__ = ["render_page"]


def render_page(
    name: str,
    *,
    styles: Sequence[str] = ("page.css",),
    scripts: Sequence[str] = ("page.js",),
    **values: Any,
) -> str:
    """Return a page; the same values give the same text.

    Args:
        name: the template.
        styles: the style sheets, which the page holds.
        scripts: the scripts, which the page holds.
        values: the variables of the template; every text is escaped, invisible characters are
            written out.
    """
    style = page_colours() + "".join(map(_shipped, styles))
    script = "".join(map(_shipped, scripts))
    template = _environment().get_template(name)
    return template.render(style=style, script=script, policy=_policy(style, script), **values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        autoescape=True,
        finalize=_seen,
        keep_trailing_newline=True,
        loader=FunctionLoader(_shipped),
        undefined=StrictUndefined,
    )


def _seen(value: Any) -> Any:
    """Return the text of a template's value; invisible characters are written out."""
    return visible(value) if type(value) is str else value


def _shipped(name: str) -> str:
    return files("metabench.report").joinpath("templates", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
