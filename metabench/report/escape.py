"""Names and messages come from outside: nothing in them may act on a terminal or a page."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["markdown_text", "visible"]

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&$]|^[#+=-]|(?<=^\d)[.)])")
_LINK = re.compile(r"(?<=:)//|(?<=www)\.", re.IGNORECASE)


def visible(text: str, *, keep: str = "") -> str:
    r"""Return the text with everything that is not seen written out, such as ``\x1b``.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _HIDDEN
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def markdown_text(text: str) -> str:
    r"""Return the text so that Markdown shows it as it is, on one line.

    >>> markdown_text("a|b")
    'a\\|b'
    """
    escaped = _MARKDOWN.sub(r"\\\1", visible(text))
    return _LINK.sub(lambda match: "\\" + "\\".join(match.group()), escaped)
