"""Names that look like another: invisible characters, and letters of two scripts.

Only cheap and certain cases are reported: letters of Cyrillic and Greek that have the shape of a
Latin letter in common fonts. Source: Unicode Technical Standard 39, confusables.txt.
"""

from __future__ import annotations

import re
from typing import Final

from metabench.escape import visible

__all__ = ["looks_alike"]

_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC: Final = dict(
    zip(
        "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421"
        "\u0422\u0423\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458"
        "\u0455\u0501\u04bb",
        "ABESIJKMHOPCTYXaeopcyxijsdh",
        strict=True,
    )
)
_GREEK: Final = dict(
    zip(
        "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4"
        "\u03a5\u03a7\u03bf",
        "ABEZHIKMNOPTYXo",
        strict=True,
    )
)


def looks_alike(name: str) -> str:
    """Return why a name may be taken for another, "" where nothing speaks for it.

    >>> looks_alike("MAML"), looks_alike("\N{CYRILLIC CAPITAL LETTER EM}AML")
    ('', 'has U+041C of Cyrillic among Latin letters, which looks like M')
    """
    shown = visible(name)
    if shown != name:
        return f"has characters that are not seen: written out, it is {shown}"
    if name.isascii() or not _LATIN.search(name):
        return ""
    for script, twins in (("Cyrillic", _CYRILLIC), ("Greek", _GREEK)):
        for letter in name:
            if letter in twins:
                what = f"U+{ord(letter):04X} of {script} among Latin letters"
                return f"has {what}, which looks like {twins[letter]}"
    return ""
