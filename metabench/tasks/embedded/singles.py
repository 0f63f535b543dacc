"""Tasks over one sentence: sentiment and grammar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metabench.tasks.embedded.clause import draw_clause, say
from metabench.tasks.embedded.edits import deny
from metabench.tasks.embedded.words import OPPOSITES, plural, third_person

if TYPE_CHECKING:
    from metabench.tasks.embedded.clause import Clause
    from metabench.tasks.embedded.draws import Draws

__all__ = ["grammar", "sentiment"]


def sentiment(draws: Draws) -> tuple[tuple[str, ...], int]:
    """Return a sentence and whether it is good (1) or bad (0)."""
    good = draws.chance(0.5)
    return (" ".join(say(_draw(draws, good=good))),), int(good)


def grammar(draws: Draws) -> tuple[tuple[str, ...], int]:
    """Return a sentence and whether it is acceptable (1): number, order, no word twice."""
    clause = _draw(draws, good=draws.chance(0.5))
    acceptable = draws.chance(0.5)
    words = say(clause) if acceptable else _broken(say(clause), clause, draws)
    return (" ".join(words),), int(acceptable)


def _draw(draws: Draws, *, good: bool) -> Clause:
    clause = draw_clause(draws, good=good, place=0.4)
    if draws.chance(0.2):
        return deny(replace(clause, verb=draws.pick(OPPOSITES[clause.verb])), draws)
    return clause


def _broken(words: list[str], clause: Clause, draws: Draws) -> list[str]:
    forms = {clause.verb, third_person(clause.verb)}
    verb = next(index for index, word in enumerate(words) if word in forms)
    before, after = words[:verb], words[verb + 1 :]
    one, many = clause.agent, plural(clause.agent)
    return draws.pick(
        (
            [{one: many, many: one}.get(word, word) for word in words],
            [*before, *after],
            [*words[: verb + 1], words[verb], *after],
            [*before[:-1], words[verb], before[-1], *after],
        )
    )
