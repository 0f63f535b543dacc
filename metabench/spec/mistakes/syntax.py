"""TOML's syntax errors in plain words: common mistakes with their fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["syntax_problem"]

_QUOTES = "text needs straight quotation marks"
_LISTS = "a list in [brackets], and decimals take a point"
_WORDS: Final[Mapping[str, str]] = {
    "Illegal character '\\n'": "a quotation mark is not closed in this line",
    "Unterminated string": "a quotation mark is not closed",
    'Expected "\'"': "a quotation mark is not closed in this line",
    "Unescaped '\\'": "a backslash in a text; write / or \\\\, or quote the text 'like this'",
    "Invalid hex value": "a backslash in a text; write / or \\\\, or quote the text 'like this'",
    "Invalid value": f"a value is missing or is none; {_QUOTES}, and true and false are small",
    "Expected newline": f"something is left behind the value; {_QUOTES}, {_LISTS}",
    "Expected '=' after a key": "a key without '='; a setting is key = value",
    "Invalid statement": "neither a setting, key = value, nor a table, [name]",
    "Invalid initial character for a key": "neither a key nor the end of what began before",
    "Cannot overwrite a value": "the key is there already; a list of tables takes [[name]] each",
    "Unclosed array": "a bracket [ is not closed, or a comma is missing",
    "Unclosed inline table": "a brace { is not closed, or a comma is missing",
}


def syntax_problem(message: str) -> str:
    r"""Return tomllib's error in plain words.

    >>> syntax_problem("Illegal character '\\n'")
    'not TOML: a quotation mark is not closed in this line'
    >>> syntax_problem("Cannot declare ('meta',) twice")
    'not TOML: the table [meta] is there already; one more of a list is [[meta]]'
    """
    if message.startswith("Cannot declare ("):
        names = message.partition("(")[2].partition(")")[0].split(",")
        table = ".".join(name.strip(" '\"") for name in names if name.strip())
        return f"not TOML: the table [{table}] is there already; one more of a list is [[{table}]]"
    known = (words for start, words in _WORDS.items() if message.startswith(start))
    return f"not TOML: {next(known, message[:1].lower() + message[1:])}"
