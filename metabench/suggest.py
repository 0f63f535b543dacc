"""Did you mean: the nearest of the names that there are."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["suggest"]

_MOST = 12


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?``, else what there is, else nothing.

    >>> suggest("inner_setps", ["inner_steps", "inner_lr"])
    "; did you mean 'inner_steps'?"
    >>> suggest("depth", ["inner_steps", "inner_lr"])
    "; there are 'inner_lr', 'inner_steps'"
    >>> suggest("RTE", ["glue/rte", "glue/cola"])
    "; did you mean 'glue/rte'?"
    """
    names = sorted(set(known))
    folded = {other.rpartition("/")[2].casefold(): other for other in names}
    folded |= {other.casefold(): other for other in names}
    close = get_close_matches(name[:100].casefold(), folded, n=1)
    if close:
        return f"; did you mean {folded[close[0]]!r}?"
    return f"; there are {', '.join(map(repr, names))}" if 0 < len(names) <= _MOST else ""
