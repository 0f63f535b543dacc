"""Edits of a clause that keep its meaning, widen it, turn it round, or make it another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from metabench.tasks.embedded.words import (
    CATEGORY,
    LIVING,
    OPPOSITES,
    PLACES,
    SYNONYM,
    THINGS,
)

if TYPE_CHECKING:
    from metabench.tasks.embedded.clause import Clause
    from metabench.tasks.embedded.draws import Draws

__all__ = ["deny", "reword", "shift", "turn", "widen"]

_CHOICES = {"agent": LIVING, "thing": THINGS, "place": PLACES}


def reword(clause: Clause, draws: Draws) -> Clause:
    """Return the clause with its verb, its quality or both replaced by a synonym."""
    verb, quality = draws.pick(((True, False), (False, True), (True, True)))
    return replace(
        clause,
        verb=SYNONYM[clause.verb] if verb else clause.verb,
        quality=SYNONYM[clause.quality] if quality else clause.quality,
    )


def deny(clause: Clause, draws: Draws) -> Clause:
    """Return the clause denied."""
    return replace(clause, negation=draws.pick(("not", "never")))


def turn(clause: Clause, draws: Draws, *, denied: float) -> Clause:
    """Return the clause turned round: denied, with that chance, or verb and quality opposite."""
    if draws.chance(denied):
        return deny(reword(clause, draws), draws)
    return replace(
        clause,
        verb=draws.pick(OPPOSITES[clause.verb]),
        quality=draws.pick(OPPOSITES[clause.quality]),
    )


def shift(clause: Clause, draws: Draws, *, parts: int) -> Clause:
    """Return the clause with so many of agent, thing and place replaced by another kind of it."""
    slots = ["agent", "thing", *(["place"] if clause.place else [])]
    for _ in range(parts):
        slot = draws.pick(slots)
        slots.remove(slot)
        kind = _kind(getattr(clause, slot))
        others = [word for word in _CHOICES[slot] if _kind(word) != kind]
        changed: dict[str, Any] = {slot: draws.pick(others)}
        clause = replace(clause, **changed)
    return clause


def widen(clause: Clause, draws: Draws) -> Clause:
    """Return a more general clause: a kind for a member of it, or the place left out."""
    way = draws.pick(("agent", "thing", "place") if clause.place else ("agent", "thing"))
    if way == "agent":
        return replace(clause, agent=CATEGORY[clause.agent])
    if way == "thing":
        return replace(clause, thing=CATEGORY[clause.thing])
    return replace(clause, preposition="", place="")


def _kind(word: str) -> str:
    return CATEGORY.get(word, word)
