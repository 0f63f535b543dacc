"""The splits of a task of one's own: its classes, its rows, what identifies them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from metabench.api.task import DataFile, FileSource
from metabench.errors import DataError
from metabench.fingerprint import fingerprint
from metabench.tasks.mirror import file_hash
from metabench.tasks.overlap import Overlap, count_overlap
from metabench.tasks.own.hold_out import held_out
from metabench.tasks.own.refusal import refused
from metabench.tasks.own.rows import OwnRows, read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api.task import TaskCard

__all__ = ["found_labels", "own_identity", "own_overlap", "own_rows"]

_FEWEST = 2
_MOST_LABELS = 1000


def found_labels(card: TaskCard, source: FileSource) -> tuple[str, ...]:
    """Return the classes: the distinct labels of the training file, sorted.

    Whole numbers are sorted as numbers.

    Raises:
        DataError: a row is bad, or there are too many labels for classes.
    """
    file = source.files[card.train]
    rows = read_rows(file, card)
    rows.check(file, ())
    labels = set(rows.labels)
    if len(labels) > _MOST_LABELS:
        raise refused(
            file,
            f"column {card.label!r} holds {len(labels):,} distinct labels, which are no classes",
            hint=f'name another label column, or set kind = "regression", beside {file.place}',
        )
    if all(label.isascii() and label.removeprefix("-").isdigit() for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label), label)))
    return tuple(sorted(labels))


def own_rows(card: TaskCard, split: str) -> OwnRows:
    """Return the rows of a split, each checked.

    Raises:
        DataError: the file cannot be read, a row is bad, or the split is too small to be used.
    """
    source = _source(card)
    file = _file(card, source, split)
    rows = read_rows(file, card)
    rows.check(file, card.labels)
    _refuse_few(file, len(rows), "the file")
    if source.scored_fraction is not None:
        strata = rows.labels if card.labels else [""] * len(rows)
        train, scored = held_out(rows.keys, strata, fraction=source.scored_fraction)
        rows = rows.take(train if split == card.train else scored)
        _refuse_few(file, len(rows), f"with scored_fraction, the {split} part")
    if (split == card.train or card.regression) and len(set(rows.labels)) < _FEWEST:
        raise refused(file, f"every row has label {rows.labels[0]!r}: there is nothing to learn")
    return rows


def own_identity(card: TaskCard, split: str) -> str:
    """Return the hash of a split's content: the file's bytes, and how they are read; no path."""
    source = _source(card)
    file = _file(card, source, split)
    parts: dict[str, object] = {
        "format": file.format,
        "sha256": file_hash(Path(file.path)),
        "text": list(card.text),
        "label": card.label,
        "labels": list(card.labels),
    }
    if source.scored_fraction is not None:
        part = "train" if split == card.train else "scored"
        parts |= {"scored_fraction": source.scored_fraction, "part": part}
    return fingerprint(parts)


def own_overlap(card: TaskCard, train: str, scored: str) -> Overlap:
    """Return how many rows of two splits repeat others."""
    return count_overlap(own_rows(card, train).keys, own_rows(card, scored).keys)


def _refuse_few(file: DataFile, rows: int, part: str) -> None:
    if rows < _FEWEST:
        count = "one row" if rows else "no row"
        raise refused(file, f"{part} holds {count}; at least {_FEWEST} are needed")


def _source(card: TaskCard) -> FileSource:
    if not isinstance(card.source, FileSource):
        raise TypeError(f"{card.name} does not come from files")
    return card.source


def _file(card: TaskCard, source: FileSource, split: str) -> DataFile:
    if split not in source.files:
        names: Sequence[str] = sorted(source.files)
        raise DataError(
            f"no split {split!r}; there are {', '.join(map(repr, names))}",
            where=card.name,
            hint="name one of them in tasks.splits",
        )
    return source.files[split]
