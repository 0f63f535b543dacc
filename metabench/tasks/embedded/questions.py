"""The task over a question and a sentence: answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metabench.tasks.embedded.clause import draw_clause, noun_phrase, say
from metabench.tasks.embedded.edits import reword, turn
from metabench.tasks.embedded.words import third_person

if TYPE_CHECKING:
    from metabench.tasks.embedded.clause import Clause
    from metabench.tasks.embedded.draws import Draws

__all__ = ["answer"]


def answer(draws: Draws) -> tuple[tuple[str, str], int]:
    """Return a question, a sentence, and whether the sentence answers it (0) or not (1)."""
    asked = draw_clause(draws, good=draws.chance(0.5), place=0.5)
    asks = draws.pick(("who", "what", "where") if asked.place else ("who", "what"))
    label = int(draws.chance(0.5))
    told = reword(asked, draws)
    if label and asks == "where" and draws.chance(0.3):
        told = replace(told, place="", preposition="")
    elif label:
        told = turn(asked, draws, denied=0.1)
    return (" ".join([*_question(asked, asks), "?"]), " ".join(say(told))), label


def _question(asked: Clause, asks: str) -> list[str]:
    subject = noun_phrase(asked.determiner, asked.quality, asked.agent, several=asked.several)
    object_ = noun_phrase(asked.article, "", asked.thing, several=False)
    do = "do" if asked.several else "does"
    if asks == "who":
        return ["who", third_person(asked.verb), *object_]
    if asks == "what":
        return ["what", do, *subject, asked.verb]
    return ["where", do, *subject, asked.verb, *object_]
