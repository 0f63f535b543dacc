"""The lexicon of the embedded suite: kinds, synonyms, opposites, and how words inflect."""

from __future__ import annotations

from typing import Final

__all__ = [
    "ADJECTIVES",
    "BAD_ADJECTIVES",
    "BAD_VERBS",
    "CATEGORY",
    "GOOD_ADJECTIVES",
    "GOOD_VERBS",
    "KINDS",
    "LIVING",
    "MEMBERS",
    "OPPOSITES",
    "PLACES",
    "PREPOSITIONS",
    "SYNONYM",
    "THINGS",
    "VERBS",
    "plural",
    "third_person",
    "vocabulary",
]

# Four words a line: two that mean the same good thing, then two that mean the opposite.
_VERBS = """
    like enjoy hate detest
    praise admire mock insult
    help support hurt harm
    protect guard attack threaten
    trust believe doubt suspect
    repair mend damage ruin
    find discover lose misplace
    clean polish stain smear
    keep retain abandon discard
    improve enhance spoil worsen
    welcome greet avoid reject
    save rescue break crack
"""
_ADJECTIVES = """
    kind gentle cruel mean
    happy cheerful sad gloomy
    clever smart stupid foolish
    loyal sincere false deceitful
    lovely beautiful ugly hideous
    superb excellent awful terrible
    calm peaceful angry furious
    brave bold timid cowardly
    polite friendly rude hostile
    healthy strong sick weak
"""
_MEMBERS = {
    "person": "farmer doctor teacher sailor baker",
    "animal": "fox wolf horse goat rabbit",
    "bird": "eagle crow owl duck parrot",
    "tool": "hammer ladder saw rope shovel",
    "fruit": "apple pear plum lemon melon",
    "vehicle": "car truck boat train wagon",
}
_PLURALS = {"person": "people", "fox": "foxes", "wolf": "wolves"}
_FUNCTION_WORDS = """
    a an the this that these those some many all two three four five
    not never do does near beside behind who what where ?
"""


def _lines(table: str) -> tuple[tuple[str, str, str, str], ...]:
    rows = [line.split() for line in table.strip().splitlines()]
    return tuple((one, two, three, four) for one, two, three, four in rows)


def _flat(table: str) -> tuple[str, ...]:
    return tuple(table.split())


_ALL_LINES: Final = tuple(line for table in (_VERBS, _ADJECTIVES) for line in _lines(table))

VERBS: Final = _flat(_VERBS)
ADJECTIVES: Final = _flat(_ADJECTIVES)
PLACES: Final = _flat("river forest market harbor castle village bridge garden")
PREPOSITIONS: Final = _flat("near beside behind")

MEMBERS: Final = {category: _flat(words) for category, words in _MEMBERS.items()}
CATEGORY: Final = {word: category for category, words in MEMBERS.items() for word in words}
KINDS: Final = ("person", "animal", "bird")
LIVING: Final = tuple(word for kind in KINDS for word in MEMBERS[kind])
THINGS: Final = tuple(word for word in CATEGORY if word not in LIVING)

SYNONYM: Final = {
    word: other
    for one, two, three, four in _ALL_LINES
    for word, other in ((one, two), (two, one), (three, four), (four, three))
}
OPPOSITES: Final = {
    word: others
    for one, two, three, four in _ALL_LINES
    for word, others in (
        (one, (three, four)),
        (two, (three, four)),
        (three, (one, two)),
        (four, (one, two)),
    )
}
GOOD_VERBS: Final = tuple(word for line in _lines(_VERBS) for word in line[:2])
BAD_VERBS: Final = tuple(word for line in _lines(_VERBS) for word in line[2:])
GOOD_ADJECTIVES: Final = tuple(word for line in _lines(_ADJECTIVES) for word in line[:2])
BAD_ADJECTIVES: Final = tuple(word for line in _lines(_ADJECTIVES) for word in line[2:])


def plural(noun: str) -> str:
    """Return the plural of a noun.

    >>> plural("wolf"), plural("owl")
    ('wolves', 'owls')
    """
    return _PLURALS.get(noun, noun + "s")


def third_person(verb: str) -> str:
    """Return the form of a verb after a singular subject.

    >>> third_person("help"), third_person("polish")
    ('helps', 'polishes')
    """
    return verb + ("es" if verb.endswith("sh") else "s")


def vocabulary() -> tuple[str, ...]:
    """Return all distinct words of the grammar, sorted."""
    nouns = {*CATEGORY, *MEMBERS, *map(plural, (*LIVING, *KINDS))}
    verbs = {*VERBS, *map(third_person, VERBS)}
    others = {*ADJECTIVES, *PLACES, *_flat(_FUNCTION_WORDS)}
    return tuple(sorted(nouns | verbs | others))
