"""Rows of a file, checked one by one: texts that are texts, labels that are labels."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from metabench.tasks.own.lines import open_regular
from metabench.tasks.own.records import Flaw, records
from metabench.tasks.own.refusal import MOST_SHOWN, nearest, refused_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api.task import DataFile, TaskCard

__all__ = ["OwnRows", "read_rows"]

LONGEST_TEXT = 64 * 1024
"""Bytes of one text, at most."""

_LARGEST_NUMBER = 3.4e38  # of 32 bits
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@final
@dataclass(frozen=True, slots=True)
class OwnRows:
    """The good rows of a file, and how many are bad.

    Args:
        texts: one list per text column.
        labels: the label of each row, as text; for regression, as a number.
        lines: the line of each row.
        flaws: the first bad rows: their line, and what is wrong.
        bad: how many there are.
    """

    texts: tuple[list[str], ...]
    labels: list[Any]
    lines: list[int]
    flaws: tuple[tuple[int, str], ...] = ()
    bad: int = 0

    def __len__(self) -> int:
        """Return the number of good rows."""
        return len(self.labels)

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The texts of each row; equal rows have equal keys."""
        return list(zip(*self.texts, strict=True))

    def check(self, file: DataFile, labels: Sequence[str]) -> None:
        """Refuse bad rows, and labels that are none of the classes (any, where there are none).

        Raises:
            DataError: names the first bad rows and counts the rest.
        """
        known = set(labels)
        strange = [row for row, label in enumerate(self.labels) if known and label not in known]
        flaws = [*self.flaws]
        for row in strange[:MOST_SHOWN]:
            label = self.labels[row]
            flaws.append((self.lines[row], f"unknown label {label!r}{nearest(label, labels)}"))
        if flaws:
            unlisted = "correct the rows, or add the label to labels" if strange else ""
            hint = f"{unlisted} beside {file.place}" if unlisted and file.place else unlisted
            raise refused_rows(file, flaws, count=self.bad + len(strange), hint=hint)

    def take(self, rows: Sequence[int]) -> OwnRows:
        """Return those rows alone."""
        return OwnRows(
            tuple([column[row] for row in rows] for column in self.texts),
            [self.labels[row] for row in rows],
            [self.lines[row] for row in rows],
        )


def read_rows(file: DataFile, card: TaskCard) -> OwnRows:
    """Return the rows of a file; a second reading of the same content is remembered.

    Raises:
        DataError: the file cannot be read to its end.
    """
    open_regular(file).close()  # so that what is missing is said in our words
    facts = Path(file.path).stat()
    numbers = card.regression and not _finds_labels(card)
    changed = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return _read(file, (*card.text, card.label), numbers=numbers, changed=changed)


def _finds_labels(card: TaskCard) -> bool:
    return bool(getattr(card.source, "find_labels", False))


@lru_cache(maxsize=4)
def _read(
    file: DataFile, wanted: tuple[str, ...], *, numbers: bool, changed: tuple[int, ...]
) -> OwnRows:
    del changed  # part of what is remembered
    texts: tuple[list[str], ...] = tuple([] for _ in wanted[:-1])
    labels: list[Any] = []
    lines: list[int] = []
    flaws: list[tuple[int, str]] = []
    bad = 0
    with open_regular(file) as source:
        for line, values in records(file, source, wanted):
            what, label = _checked(values, wanted, numbers=numbers)
            if what or isinstance(values, Flaw):
                bad += 1
                flaws += [(line, what)] * (len(flaws) < MOST_SHOWN)
                continue
            for column, text in zip(texts, values, strict=False):
                column.append(text)
            labels.append(label)
            lines.append(line)
    return OwnRows(texts, labels, lines, tuple(flaws), bad)


def _checked(
    values: tuple[Any, ...] | Flaw, wanted: Sequence[str], *, numbers: bool
) -> tuple[str, Any]:
    """Return what is wrong with a row, or an empty text and its label."""
    if isinstance(values, Flaw):
        return values.what, None
    for name, value in zip(wanted[:-1], values, strict=False):
        problem = _text_problem(value)
        if problem:
            return f"the text in column {name!r} {problem}", None
    label = values[-1]
    return _number(label) if numbers else _word(label)


def _text_problem(value: Any) -> str:
    if value is None:
        return "is empty"
    if not isinstance(value, str):
        return f"is no text but {_shown(value)}"
    tests = (
        (not value.strip(), "is empty"),
        (_too_long(value), f"is longer than {LONGEST_TEXT // 1024} KiB"),
        ("\0" in value, "holds a NUL character"),
        (_has_surrogate(value), "holds half of a character (a lone surrogate)"),
    )
    return next((problem for failed, problem in tests if failed), "")


def _too_long(text: str) -> bool:
    most = 4  # bytes of a character in UTF-8
    return len(text) * most > LONGEST_TEXT and len(text.encode(errors="replace")) > LONGEST_TEXT


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)


def _word(label: Any) -> tuple[str, str]:
    """Return a class as its name: whole numbers and true and false are written out."""
    if label is None or label == "":
        return "the label is empty", ""
    if not isinstance(label, bool | int | str):
        return f"label {_shown(label)} is no text and no whole number", ""
    word = str(label).lower() if isinstance(label, bool) else str(label)
    if not word.isprintable():
        return f"label {_shown(word)} holds a control character", ""
    return "", word


def _number(label: Any) -> tuple[str, float]:
    if label is None or label == "":
        return "the label is empty", 0.0
    written = isinstance(label, str) and _NUMBER.fullmatch(label.strip())
    real = isinstance(label, int | float) and not isinstance(label, bool)
    if not written and not real:
        return _no_number(label), 0.0
    try:
        number = float(label.strip() if isinstance(label, str) else label)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or abs(number) > _LARGEST_NUMBER:
        return f"label {_shown(label)} is not a finite number", 0.0
    return "", number


def _no_number(label: Any) -> str:
    text = label.strip() if isinstance(label, str) else ""
    comma = "," in text and _NUMBER.fullmatch(text.replace(",", ".", 1))
    what = "has a comma; decimals take a point" if comma else "is not a finite number"
    return f"label {_shown(label)} {what}"


def _shown(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."  # noqa: PLR2004  (one line)
