"""Tasks over two sentences that may mean the same: paraphrase, equivalence, similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.tasks.embedded.clause import draw_clause, say
from metabench.tasks.embedded.edits import reword, shift, turn

if TYPE_CHECKING:
    from metabench.tasks.embedded.clause import Clause
    from metabench.tasks.embedded.draws import Draws

__all__ = ["equivalence", "paraphrase", "similarity"]


def paraphrase(draws: Draws) -> tuple[tuple[str, str], int]:
    """Return two sentences and whether they mean the same (1)."""
    first = draw_clause(draws, good=draws.chance(0.5), place=0.4)
    same = draws.chance(0.5)
    second = reword(first, draws) if same else _other(first, draws, denied=0.1)
    return (" ".join(say(first)), " ".join(say(second))), int(same)


def equivalence(draws: Draws) -> tuple[tuple[str, str], int]:
    """Return two sentences and whether they mean the same (1)."""
    first = draw_clause(draws, good=draws.chance(0.5), place=0.7)
    same = draws.chance(0.5)
    second = reword(first, draws) if same else _other(first, draws, denied=0.5)
    return (" ".join(say(first)), " ".join(say(second))), int(same)


def similarity(draws: Draws) -> tuple[tuple[str, str], float]:
    """Return two sentences and how much meaning they share: 0 to 5, in steps of 0.2."""
    first = draw_clause(draws, good=draws.chance(0.5))
    opposed = draws.chance(0.5)
    second = turn(first, draws, denied=0.5) if opposed else reword(first, draws)
    parts = int(draws.number() * 3)
    second = shift(second, draws, parts=parts)
    shared = 5.0 - 2.6 * opposed - 1.2 * parts + draws.number() - 0.5
    score = round(5 * min(5.0, max(0.0, shared))) / 5
    return (" ".join(say(first)), " ".join(say(second))), score


def _other(clause: Clause, draws: Draws, *, denied: float) -> Clause:
    if draws.chance(0.8):
        return turn(clause, draws, denied=denied)
    return shift(reword(clause, draws), draws, parts=1)
