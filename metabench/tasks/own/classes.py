"""The class of a label: by its text, by its number, or as declared by the dataset."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Classes", "canonical_label", "found_classes", "is_number"]

_TRUTH = {"true", "false"}
_LONGEST = 40
"""Digits of a label that is a number, at most."""


@final
@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a task, and the labels in the data that mean them.

    Args:
        names: names of the classes in the order of their numbers.
        values: the name by label, where the task gives labels names.
        by_position: whether an integer may be the position of a class whose name is no number.
    """

    names: tuple[str, ...]
    values: tuple[tuple[str, str], ...] = ()
    by_position: bool = False
    _known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Collect the labels of each class; a class's name takes precedence."""
        spelt = {**{name: name for name in self.names}, **dict(self.values)}
        composed = {unicodedata.normalize("NFC", label): name for label, name in spelt.items()}
        alike = {canonical_label(label): name for label, name in composed.items()}
        if self.by_position and not any(map(is_number, spelt)):
            self._known.update({str(place): name for place, name in enumerate(self.names)})
        self._known.update({**alike, **composed, **dict(self.values)})

    def name(self, word: str) -> str | None:
        """Return the class that a label means, None where it means none."""
        found = self._known.get(word)
        return found if found is not None else self._known.get(canonical_label(word))

    def places(self, words: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return the labels among those that are read as places, with their classes."""
        if not self.by_position:
            return ()
        named = {label for label, _ in self.values} | set(self.names)
        seen = sorted({word for word in words if is_number(word) and word not in named})
        return tuple((word, self._known[word]) for word in seen if word in self._known)


def canonical_label(word: str) -> str:
    """Return the canonical form of a label: the value of a number, true and false in any case.

    >>> [canonical_label(word) for word in ("1.0", "True", "one")]
    ['1', 'true', 'one']
    """
    folded = word.casefold()
    if folded in _TRUTH:
        return folded
    if not is_number(word):
        return word
    number = Decimal(word)
    return str(int(number)) if number == number.to_integral_value() else str(number.normalize())


def is_number(word: str) -> bool:
    """Return whether a label is written as a finite number, as programs write them."""
    if len(word) > _LONGEST or not word.isascii() or word != word.strip() or "_" in word:
        return False
    if word.lstrip("+-")[:1] == "0" and word.lstrip("+-")[1:2].isdigit():
        return False  # 007 is a name
    try:
        number = Decimal(word)
    except InvalidOperation:
        return False
    return number.is_finite() and abs(number.adjusted()) < _LONGEST


def found_classes(words: Iterable[str]) -> tuple[str, ...]:
    """Return the classes that labels name, sorted, whole numbers by size.

    Of labels with one value, such as 1.0 and 1, the shortest names the class.

    >>> found_classes(["10", "9.0", "9"])
    ('9', '10')
    """
    groups: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        groups.setdefault(canonical_label(word), []).append(word)
    return _in_order([min(group, key=len) for group in groups.values()])


def _in_order(names: Sequence[str]) -> tuple[str, ...]:
    if all(name.isascii() and name.removeprefix("-").isdigit() for name in names):
        return tuple(sorted(names, key=lambda name: (Decimal(name), name)))  # int() has a limit
    return tuple(sorted(names))
