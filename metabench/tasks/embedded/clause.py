"""A clause of the grammar (subject, verb, object, place) and its wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.tasks.embedded.words import (
    BAD_ADJECTIVES,
    BAD_VERBS,
    GOOD_ADJECTIVES,
    GOOD_VERBS,
    LIVING,
    PLACES,
    PREPOSITIONS,
    THINGS,
    plural,
    third_person,
)

if TYPE_CHECKING:
    from metabench.tasks.embedded.draws import Draws

__all__ = ["MANY", "ONE", "Clause", "draw_clause", "noun_phrase", "say"]

ONE = ("a", "the", "this", "that")
MANY = ("the", "these", "those", "some", "many", "two", "three", "four", "five")


@final
@dataclass(frozen=True, slots=True)
class Clause:
    """Subject, verb, object and place, as dictionary forms; empty where absent.

    Quality and verb are both good or both bad; denial turns the verb round.
    """

    determiner: str
    several: bool
    quality: str
    agent: str
    negation: str
    verb: str
    article: str
    thing: str
    preposition: str = ""
    place: str = ""


def draw_clause(draws: Draws, *, good: bool, place: float = 0.0) -> Clause:
    """Return a good or a bad clause; it names a place with the given probability."""
    several = draws.chance(0.5)
    where = draws.chance(place)
    return Clause(
        determiner=draws.pick(MANY if several else ONE),
        several=several,
        quality=draws.pick(GOOD_ADJECTIVES if good else BAD_ADJECTIVES),
        agent=draws.pick(LIVING),
        negation="",
        verb=draws.pick(GOOD_VERBS if good else BAD_VERBS),
        article=draws.pick(("a", "the")),
        thing=draws.pick(THINGS),
        preposition=draws.pick(PREPOSITIONS) if where else "",
        place=draws.pick(PLACES) if where else "",
    )


def say(clause: Clause) -> list[str]:
    """Return the words of a clause."""
    subject = noun_phrase(clause.determiner, clause.quality, clause.agent, several=clause.several)
    object_ = noun_phrase(clause.article, "", clause.thing, several=False)
    where = [clause.preposition, "the", clause.place] if clause.place else []
    return [*subject, *_verb_phrase(clause), *object_, *where]


def noun_phrase(determiner: str, quality: str, noun: str, *, several: bool) -> list[str]:
    """Return the words of a noun phrase, number agreeing."""
    words = [word for word in (quality, plural(noun) if several else noun) if word]
    article = "an" if determiner == "a" and words[0][0] in "aeiou" else determiner
    return [article, *words]


def _verb_phrase(clause: Clause) -> list[str]:
    if clause.negation == "not":
        return ["do" if clause.several else "does", "not", clause.verb]
    form = clause.verb if clause.several else third_person(clause.verb)
    return [clause.negation, form] if clause.negation else [form]
