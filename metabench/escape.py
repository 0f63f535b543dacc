"""Names and messages come from outside: nothing in them may act on a terminal or a page."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["csv_text", "json_safe", "markdown_code", "markdown_text", "visible"]

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Of other categories, and yet nothing is seen of them: fillers, joiners, tags, a blank of Braille,
# and variant selectors, except after the signs that have variants.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]"
    "|(?<![\u2000-\u33ff\U0001f000-\U0001faff])[\ufe00-\ufe0f]"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&$]|^[#+=-]|(?<=^\d)[.)])")
_LINK = re.compile(r"(?<=:)//|(?<=www)\.", re.IGNORECASE)
_FORMULA = re.compile("(^|;)(?=\\s*[=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
                      "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}-])")  # fmt: skip
_NOT_PLAIN = re.compile(r"[^\n -~]")
_CONTROL = re.compile(r"^\s*[\t\r]")


def visible(text: str, *, keep: str = "") -> str:
    r"""Return the text with everything that is not seen written out, such as ``\x1b``.

    >>> visible("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isprintable() and (text.isascii() or not _UNSEEN.search(text)):
        return text
    marked = _UNSEEN.sub(lambda match: _escaped(match.group()), text)
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in _HIDDEN
        else _escaped(character)
        for character in marked
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def markdown_text(text: str) -> str:
    r"""Return the text so that Markdown shows it as it is, on one line.

    >>> markdown_text("a|b")
    'a\\|b'
    """
    escaped = _MARKDOWN.sub(r"\\\1", visible(text))
    return _LINK.sub(lambda match: "\\" + "\\".join(match.group()), escaped)


def markdown_code(text: str) -> str:
    """Return the text as a code span, from which it can be copied as it is.

    >>> markdown_code("a|b")
    '`a|b`'
    """
    shown = visible(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    blank = " " * (shown[:1] in {"`", " "} or shown[-1:] in {"`", " "})
    return f"{fence}{blank}{shown}{blank}{fence}"


def csv_text(text: str) -> str:
    """Return the text as a CSV field that no spreadsheet evaluates as a formula.

    A formula gets an apostrophe in front, also after a semicolon, which separates fields where the
    comma is the decimal sign.

    >>> csv_text("=1+1"), csv_text("best, of 5")
    ("'=1+1", '"best, of 5"')
    """
    guarded = _FORMULA.sub(r"\1'", visible(text))
    if _CONTROL.match(text):
        guarded = f"'{guarded}"
    if guarded != guarded.strip() or any(sign in guarded for sign in '",;'):
        return f'"{guarded.replace(chr(34), chr(34) * 2)}"'
    return guarded


def json_safe(text: str) -> str:
    r"""Return JSON with every invisible character written as ``\u…``.

    >>> json_safe('"a\u202eb"')
    '"a\\u202eb"'
    """
    if text.isascii() and "\x7f" not in text:  # JSON has escaped all other control characters
        return text
    return _NOT_PLAIN.sub(lambda found: _spelled(found.group()), text)


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN and not _UNSEEN.match(character):
        return character
    data = character.encode("utf-16-be", "surrogatepass")
    units = (int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    return "".join(f"\\u{unit:04x}" for unit in units)
