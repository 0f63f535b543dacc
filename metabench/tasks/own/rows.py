"""The examples of a file or a split: texts, labels, lines, and the problems of bad rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Any, final

from metabench.tasks.reading.refusal import (
    MOST_SHOWN,
    nearest,
    quoted,
    quoted_names,
    refused_rows,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metabench.api.task import DataFile
    from metabench.tasks.own.classes import Classes

__all__ = ["OwnRows", "ReadRules", "joined_rows"]

_HIDDEN = "-1"


@final
@dataclass(frozen=True, slots=True)
class ReadRules:
    """The columns that are read, and their types.

    Args:
        text: the text columns.
        label: the label column.
        numbers: whether labels are numbers.
        names: the names of the classes by number, where the dataset's card declares them.
        empty_texts: whether a text may be empty.
        label_hidden: whether labels are left unread.
    """

    text: tuple[str, ...]
    label: str
    numbers: bool = False
    names: tuple[str, ...] = ()
    empty_texts: bool = False
    label_hidden: bool = False

    @property
    def wanted(self) -> tuple[str, ...]:
        """All columns that are read."""
        return (*self.text, self.label)


@final
@dataclass(frozen=True, slots=True)
class OwnRows:
    """The examples of a file, and its bad rows.

    Args:
        texts: one list per text column.
        labels: the label of each example, as text; for regression, as a number.
        lines: the line of each example.
        flaws: the first bad rows: line and problem.
        bad: number of bad rows.
        unlabelled: the rows without a label, not counted above: line and reason.
        spellings: the labels with several Unicode forms, as written.
    """

    texts: tuple[list[str], ...]
    labels: list[Any]
    lines: Sequence[int]
    flaws: tuple[tuple[int, str], ...] = ()
    bad: int = 0
    unlabelled: list[tuple[int, str]] = field(default_factory=list)
    spellings: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.labels)

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The texts of each example; equal examples have equal keys."""
        return list(zip(*self.texts, strict=True))

    def check(self, file: DataFile, *, drop: bool) -> None:
        """Refuse bad rows, and rows without a label unless they are dropped.

        Raises:
            DataError: with the first bad rows, and the number of the others.
        """
        missing = [] if drop else self.unlabelled
        flaws = [*self.flaws, *missing[:MOST_SHOWN]]
        if flaws:
            hint = "" if self.flaws else _drop_hint(file)
            raise refused_rows(file, flaws, count=self.bad + len(missing), hint=hint)

    def classified(self, file: DataFile, classes: Classes, *, drop: bool) -> OwnRows:
        """Return the examples with the name of their class as label; bad ones are refused.

        Raises:
            DataError: with the first bad rows, and the number of the others.
        """
        known = {word: classes.name(word) for word in set(self.labels)}
        hidden = {_HIDDEN} if known.get(_HIDDEN, "") is None else set()
        strange = {word for word, name in known.items() if name is None} - hidden
        rows, unlabelled = self, self.unlabelled
        if hidden:
            names = quoted_names(file, classes.names)
            why = f"label -1 is none of {names}: labels are hidden or missing"
            rows = self.take(_places(self.labels, hidden))
            lines = compress(self.lines, (word in hidden for word in self.labels))
            unlabelled = sorted([*self.unlabelled, *((line, why) for line in lines)])
        if strange:
            _refuse_strange(rows, file, strange, classes.names)
        OwnRows((), [], [], self.flaws, self.bad, unlabelled).check(file, drop=drop)
        same = all(word == name for word, name in known.items())
        labels = rows.labels if same else list(map(known.__getitem__, rows.labels))
        return OwnRows(
            rows.texts, labels, rows.lines, unlabelled=unlabelled, spellings=self.spellings
        )

    def take(self, rows: Sequence[int]) -> OwnRows:
        """Return those examples only."""
        return OwnRows(
            tuple([column[row] for row in rows] for column in self.texts),
            [self.labels[row] for row in rows],
            [self.lines[row] for row in rows],
            spellings=self.spellings,
        )


def joined_rows(parts: Sequence[OwnRows]) -> OwnRows:
    """Return the examples of several files, concatenated."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(part.texts for part in parts), strict=True)
    return OwnRows(
        tuple([text for column in found for text in column] for found in columns),
        [label for part in parts for label in part.labels],
        [line for part in parts for line in part.lines],
        unlabelled=[row for part in parts for row in part.unlabelled],
        spellings=frozenset().union(*(part.spellings for part in parts)),
    )


def _places(labels: Sequence[str], hidden: Iterable[str]) -> list[int]:
    without = set(hidden)
    return list(compress(range(len(labels)), (label not in without for label in labels)))


def _drop_hint(file: DataFile) -> str:
    beside = f"next to {file.place}" if file.place else "in [[tasks.define]]"
    return f'name another split or file, or set unlabelled = "drop" {beside}'


def _refuse_strange(rows: OwnRows, file: DataFile, strange: set[str], names: Sequence[str]) -> None:
    found = [place for place, word in enumerate(rows.labels) if word in strange]
    flaws = [*rows.flaws]
    for place in found[:MOST_SHOWN]:
        word = rows.labels[place]
        what = f"unknown label {quoted(file, word)}{nearest(file, word, names)}"
        flaws.append((rows.lines[place], what))
    beside = f" next to {file.place}" if file.place else ""
    some = next(iter(sorted(strange)))
    hint = f"correct the rows, or add the label to labels{beside}"
    if not file.withheld and all(word.removeprefix("-").isdigit() for word in strange):
        hint += f'; labels = {{ {some} = "{names[0]}", ... }} names classes that are numbers'
    raise refused_rows(file, flaws, count=rows.bad + len(found), hint=hint)
