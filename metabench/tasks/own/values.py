"""One value of a row: a text, a class or a number, with its problem."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

__all__ = ["LARGEST_NUMBER", "UNLABELLED", "label_number", "label_word", "text_problem"]

Quote: TypeAlias = Callable[[Any], str]
"""How a message quotes a value of the file."""

UNLABELLED: Final = "the label is empty"
"""The problem of a row without a label."""

LARGEST_NUMBER: Final = 3.4e38
"""A larger number is not one of 32 bits."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(([.]\d{3})+,\d*|(,\d{3})+[.]\d*|([., ]\d{3}){2,})", re.ASCII)
_NO_TEXT = {"Cc": "a control character", "Cs": "half of a character", "Zl": "a line separator",
            "Zp": "a paragraph separator"}  # fmt: skip


def text_problem(value: Any, quote: Quote) -> str:
    """Return the problem of a text; "" for none."""
    if value is not None and not isinstance(value, str):
        return f"is no text but {quote(value)}"
    text = value or ""
    tests = (
        (not text.strip(), "is empty"),
        ("\0" in text, "holds a NUL character"),
        (_has_surrogate(text), "holds half of a character (a lone surrogate)"),
    )
    return next((problem for failed, problem in tests if failed), "")


def label_word(label: Any, quote: Quote) -> tuple[str, str]:
    """Return the problem of a class ("" for none) and its name; numbers and booleans as text.

    Names are in Unicode's composed form (NFC), so that labels that look alike are one class; an
    integer stored as a float or a decimal number is written as an integer.
    """
    if _is_missing(label):
        return UNLABELLED, ""
    if isinstance(label, float | Decimal) and math.isfinite(label) and label == int(label):
        label = int(label)
    if not isinstance(label, bool | int | str):
        return f"label {quote(label)} {_no_word(label)}", ""
    word = (
        str(label).lower() if isinstance(label, bool) else unicodedata.normalize("NFC", str(label))
    )
    if not word.isprintable():
        found = next((kind for kind in map(unicodedata.category, word) if kind in _NO_TEXT), "")
        if found:
            return f"label {quote(word)} holds {_NO_TEXT[found]}", ""
    return "", word


def label_number(label: Any, quote: Quote, *, decimal: str = ".") -> tuple[str, float]:
    """Return the problem of a number ("" for none) and the number, read with that decimal sign."""
    if _is_missing(label):
        return UNLABELLED, 0.0
    text = label.strip() if isinstance(label, str) else None
    if text is not None:
        text = text.replace("\u2212", "-", 1)  # the minus sign that is typeset
    if text is not None and decimal != ".":
        text = text.replace(decimal, ".", 1) if "." not in text else ""
    real = isinstance(label, int | float | Decimal) and not isinstance(label, bool)
    if not real and not (text and _NUMBER.fullmatch(text)):
        return _no_number(label, quote), 0.0
    try:
        number = float(label if text is None else text)
    except OverflowError:
        number = math.inf
    if abs(number) <= LARGEST_NUMBER:
        return "", number
    endless = isinstance(label, float) and math.isinf(label)
    what = "is not a finite number" if endless else f"exceeds the 32-bit range, {LARGEST_NUMBER:g}"
    return f"label {quote(label)} {what}", 0.0


def _is_missing(label: Any) -> bool:
    if label is None or label == "":
        return True
    return isinstance(label, float | Decimal) and math.isnan(label)


def _no_word(label: Any) -> str:
    if isinstance(label, list):
        return "is a list; a name such as label.0 reads its first entry"
    if isinstance(label, dict):
        return "is an object; a name such as label.KEY reads one of its values"
    return "is no text and no integer"


def _no_number(label: Any, quote: Quote) -> str:
    text = label.strip() if isinstance(label, str) else ""
    comma = "," in text and _NUMBER.fullmatch(text.replace(",", ".", 1))
    what = 'has a comma; set decimal = ","' if comma else "is not a finite number"
    if _GROUPED.fullmatch(text):
        what = "has separators of thousands; write the number without them"
    return f"label {quote(label)} {what}"


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)
