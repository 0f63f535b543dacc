"""Did you mean: the nearest of the names that there are."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["closest", "did_you_mean", "suggest"]

_MOST = 12


def closest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known name that is most like this one, whatever the case; None if none is.

    The last part of a name with slashes counts as the name too.
    """
    names = sorted(set(known))
    folded = {other.rpartition("/")[2].casefold(): other for other in names}
    folded |= {other.casefold(): other for other in names}
    close = get_close_matches(name[:100].casefold(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return a hint, ``did you mean 'x'?`` or another one where no known name is like it."""
    near = closest(name, known)
    return otherwise if near is None else f"did you mean {near!r}?"


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?``, else the known names, else "".

    >>> suggest("inner_setps", ["inner_steps", "inner_lr"])
    "; did you mean 'inner_steps'?"
    >>> suggest("depth", ["inner_steps", "inner_lr"])
    "; there are 'inner_lr', 'inner_steps'"
    >>> suggest("RTE", ["glue/rte", "glue/cola"])
    "; did you mean 'glue/rte'?"
    """
    names = sorted(set(known))
    there = f"there are {', '.join(map(repr, names))}" if 0 < len(names) <= _MOST else ""
    hint = did_you_mean(name, names, otherwise=there)
    return hint and f"; {hint}"
