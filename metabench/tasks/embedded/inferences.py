"""Tasks on a text and a hypothesis: inference, entailment, science."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metabench.tasks.embedded.clause import draw_clause, say
from metabench.tasks.embedded.edits import reword, shift, turn, widen
from metabench.tasks.embedded.words import KINDS, MEMBERS

if TYPE_CHECKING:
    from metabench.tasks.embedded.draws import Draws

__all__ = ["entailment", "inference", "science"]

_FOLLOWS, _OPEN, _EXCLUDED = range(3)


def inference(draws: Draws) -> tuple[tuple[str, str], int]:
    """Return two sentences and whether the second follows (0), is open (1) or is excluded (2)."""
    premise = draw_clause(draws, good=draws.chance(0.5), place=0.4)
    label = draws.pick((_FOLLOWS, _OPEN, _EXCLUDED))
    excluded = label == _EXCLUDED
    hypothesis = turn(premise, draws, denied=0.2) if excluded else reword(premise, draws)
    if label == _OPEN:
        hypothesis = shift(hypothesis, draws, parts=1)
    elif draws.chance(0.6):
        hypothesis = widen(hypothesis, draws)
    return (" ".join(say(premise)), " ".join(say(hypothesis))), label


def entailment(draws: Draws) -> tuple[tuple[str, str], int]:
    """Return two sentences and whether the second follows (0) or does not (1)."""
    text = draw_clause(draws, good=draws.chance(0.5), place=0.5)
    label = int(draws.chance(0.5))
    hypothesis = turn(text, draws, denied=0.5) if label else reword(text, draws)
    if label and draws.chance(0.15):
        hypothesis = shift(reword(text, draws), draws, parts=1)
    elif draws.chance(0.6):
        hypothesis = widen(hypothesis, draws)
    return (" ".join(say(text)), " ".join(say(hypothesis))), label


def science(draws: Draws) -> tuple[tuple[str, str], int]:
    """Return a law of a kind, a statement of a member, and whether it follows (0) or not (1)."""
    kind = draws.pick(KINDS)
    law = replace(
        draw_clause(draws, good=draws.chance(0.5)), agent=kind, determiner="all", several=True
    )
    label = int(draws.chance(0.5))
    case = reword(law, draws)
    if label and draws.chance(0.6):
        case = turn(law, draws, denied=0.2)
    elif label:
        kind = draws.other(KINDS, than=kind)
    case = replace(case, agent=draws.pick(MEMBERS[kind]), determiner="some")
    return (" ".join(say(law)), " ".join(say(case))), label
