"""The page of a text format: tables with sentences below them, and two lines at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.report.tables.legend import legend
from metabench.report.tables.table import TextTable, tables

if TYPE_CHECKING:
    from metabench.api.leaderboard import Leaderboard

__all__ = ["Page", "Part", "leaderboard_page"]


@final
@dataclass(frozen=True, slots=True)
class Part:
    """Tables with their notes."""

    tables: tuple[TextTable, ...]
    notes: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class Page:
    """Parts, then the statistics in words, then the signature; the conclusion is first or last."""

    parts: tuple[Part, ...]
    conclusion: tuple[str, ...] = ()
    explanation: str = ""
    signature: str = ""


def leaderboard_page(
    leaderboard: Leaderboard,
    *,
    best: str,
    cost: bool = True,
    explain: bool = False,
    seeds: bool = False,
) -> Page:
    """Return the page of a leaderboard.

    Args:
        leaderboard: the leaderboard to show.
        best: the format's mark of the best of a column, such as ``bold``.
        cost: whether the table of cost is shown.
        explain: whether the statistics are explained.
        seeds: whether the scores of each seed are shown.
    """
    notes = (*leaderboard.captions, *legend(leaderboard, best=best, cost=cost))
    part = Part(tuple(tables(leaderboard, cost=cost, seeds=seeds)), notes)
    return Page(
        (part,), leaderboard.conclusion, leaderboard.explanation * explain, leaderboard.signature
    )
