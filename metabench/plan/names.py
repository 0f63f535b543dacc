"""Names of cells: readable, safe in every file system, stable when a file grows."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["METHOD_WIDTH", "TASK_WIDTH", "slugs"]

METHOD_WIDTH = 36
"""Most characters of a method in the name of a cell."""
TASK_WIDTH = 25
"""Most characters of a task in the name of a cell."""

_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_HASH_WIDTH = 6


def slugs(names: Iterable[str], *, width: int) -> Mapping[str, str]:
    """Return a slug for each name: lower case, digits and dashes, no two the same.

    A slug that loses more than case and punctuation, or that an earlier name has taken, ends with
    a hash of the name.

    >>> slugs(["BERT", "Reptile[inner_steps=3]"], width=36)
    {'BERT': 'bert', 'Reptile[inner_steps=3]': 'reptile-inner-steps-3'}
    """
    taken: dict[str, str] = {}
    for name in names:
        plain = _plain(name)
        lossless = name.isascii() and 0 < len(plain) <= width
        digits = _HASH_WIDTH
        slug = plain if lossless else _hashed(name, plain, digits, width=width)
        while name not in taken and slug in taken.values():
            slug = _hashed(name, plain, digits, width=width)
            digits += 1
        taken.setdefault(name, slug)
    return taken


def _plain(name: str) -> str:
    return _SEPARATORS.sub("-", name).strip("-").lower()


def _hashed(name: str, plain: str, digits: int, *, width: int) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()[:digits]
    return f"{plain[: max(0, width - digits - 1)].rstrip('-')}-{digest}".lstrip("-")
