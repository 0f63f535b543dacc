"""Text for LaTeX, printed literally, by pdfLaTeX too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from metabench.escape import visible

__all__ = ["latex_text"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "_": r"\_",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "`": r"{\char96}",
    "[": "{[}",  # behind a line's \\ it would begin an argument
    "]": "{]}",
    "*": "{*}",  # and this would be part of it
    "\N{NO-BREAK SPACE}": "~",
    "\N{EN DASH}": "{--}",
    "\N{EM DASH}": "{---}",
    "\N{HYPHEN}": "-",
    "\N{MINUS SIGN}": "$-$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{MIDDLE DOT}": r"$\cdot$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\le$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\ge$",
    "\N{RIGHTWARDS ARROW}": r"$\to$",
    "\N{BLACK UP-POINTING TRIANGLE}": r"$\uparrow$",
    "\N{BLACK DOWN-POINTING TRIANGLE}": r"$\downarrow$",
    "\N{INFINITY}": r"$\infty$",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{DAGGER}": r"\dag{}",
    "\N{DOUBLE DAGGER}": r"\ddag{}",
    "\N{SECTION SIGN}": r"\S{}",
    "\N{DEGREE SIGN}": r"$^\circ$",
    "\N{MICRO SIGN}": r"$\mu$",
    "\N{LEFT SINGLE QUOTATION MARK}": "{`}",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "{``}",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "{''}",
    "\N{LATIN SMALL LETTER SHARP S}": r"{\ss}",
    "\N{LATIN SMALL LETTER AE}": r"{\ae}",
    "\N{LATIN CAPITAL LETTER AE}": r"{\AE}",
    "\N{LATIN SMALL LIGATURE OE}": r"{\oe}",
    "\N{LATIN CAPITAL LIGATURE OE}": r"{\OE}",
    "\N{LATIN SMALL LETTER O WITH STROKE}": r"{\o}",
    "\N{LATIN CAPITAL LETTER O WITH STROKE}": r"{\O}",
    "\N{LATIN SMALL LETTER L WITH STROKE}": r"{\l}",
    "\N{LATIN CAPITAL LETTER L WITH STROKE}": r"{\L}",
}
_ACCENTS = {
    "\N{COMBINING GRAVE ACCENT}": "`",
    "\N{COMBINING ACUTE ACCENT}": "'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "^",
    "\N{COMBINING TILDE}": "~",
    "\N{COMBINING DIAERESIS}": '"',
    "\N{COMBINING MACRON}": "=",
    "\N{COMBINING DOT ABOVE}": ".",
    "\N{COMBINING RING ABOVE}": "r",
    "\N{COMBINING CARON}": "v",
    "\N{COMBINING BREVE}": "u",
    "\N{COMBINING DOUBLE ACUTE ACCENT}": "H",
    "\N{COMBINING CEDILLA}": "c",
}
_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi"),
    *("omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi"),
    "Omega",
)
_JOINS = frozenset("-',!?")  # pairs of these become one sign, such as a dash


def latex_text(text: str) -> str:
    r"""Return the text so that LaTeX prints it literally, on one line.

    A character without a glyph in pdfLaTeX is written as its number, such as ``U+4E2D``.

    >>> latex_text("50 % of $x_1$")
    '50 \\% of \\$x\\_1\\$'
    """
    return "".join(_pieces(visible(text)))


def _pieces(text: str) -> Iterator[str]:
    before = ""
    for character in text:
        if character in _JOINS and before in _JOINS:
            yield "{}"
        yield _piece(character)
        before = character


def _piece(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    if character.isascii():
        return character
    return _accented(character) or _greek(character) or f"U+{ord(character):04X}"


def _accented(character: str) -> str:
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in _ACCENTS:  # noqa: PLR2004  (letter, accent)
        letter = {"i": r"\i", "j": r"\j"}.get(parts[0], parts[0])
        return f"{{\\{_ACCENTS[parts[1]]}{{{letter}}}}}"
    return ""


def _greek(character: str) -> str:
    kind, _, letter = unicodedata.name(character, "").partition(" LETTER ")
    letter = letter.replace("LAMDA", "LAMBDA").lower()
    name = letter if kind == "GREEK SMALL" else letter.capitalize()
    return f"$\\{name}$" if kind.startswith("GREEK ") and name in _GREEK else ""
