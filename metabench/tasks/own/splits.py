"""The splits of a custom task: classes, examples, identity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, final

from metabench.api.task import DataFile, FileSource, HubSource
from metabench.errors import DataError
from metabench.fingerprint import fingerprint
from metabench.tasks.mirror import data_files, split_classes
from metabench.tasks.overlap import Overlap, count_overlap
from metabench.tasks.own.classes import Classes, found_classes
from metabench.tasks.own.hold_out import held_out
from metabench.tasks.own.read import read_rows
from metabench.tasks.own.rows import OwnRows, ReadRules, joined_rows
from metabench.tasks.reading.columnar import declared_names
from metabench.tasks.reading.content import content_hash
from metabench.tasks.reading.refusal import quoted, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api.task import TaskCard
    from metabench.tasks.hub import Hub

__all__ = ["FileSplit", "file_split", "found_labels", "own_identity", "own_overlap", "own_rows"]

_FEWEST = 2
_MOST_LABELS = 1000


@final
@dataclass(frozen=True, slots=True)
class FileSplit:
    """The files of a split, and the rules to read them.

    Args:
        files: in the order of their rows.
        rules: the columns to read.
        classes: names of the classes; none for regression, or where they are found in the data.
        values: the class by label.
        by_position: whether integers may be positions of classes.
        drop: whether rows without a label are dropped.
        declared: the class names that the data declare.
    """

    files: tuple[DataFile, ...]
    rules: ReadRules
    classes: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    by_position: bool
    drop: bool
    declared: tuple[str, ...]

    def rows(self) -> OwnRows:
        """Return the examples, each checked, labels as names of classes or as numbers.

        Raises:
            DataError: a file cannot be read, or a row is bad.
        """
        return joined_rows([self._checked(file) for file in self.files])

    def texts(self) -> tuple[list[str], ...]:
        """Return the texts of every row without reading labels; the label column must exist.

        Raises:
            DataError: a file cannot be read, or a text is bad.
        """
        rules = replace(self.rules, label_hidden=True)
        parts = [read_rows(file, rules) for file in self.files]
        for file, part in zip(self.files, parts, strict=True):
            part.check(file, drop=False)
        return joined_rows(parts).texts

    def words(self) -> list[str]:
        """Return the labels as they are in the data."""
        return [word for file in self.files for word in read_rows(file, self.rules).labels]

    def _checked(self, file: DataFile) -> OwnRows:
        rows = read_rows(file, self.rules)
        if self.rules.numbers or not self.classes:
            rows.check(file, drop=self.drop)
            return rows
        known = Classes(self.classes, self.values, self.by_position)
        return rows.classified(file, known, drop=self.drop)


def file_split(card: TaskCard, split: str, *, hub: Hub | None = None) -> FileSplit:
    """Return the files of a split of a task, from files, a folder, or a mirror.

    Raises:
        DataError: there is no such split, or its files are ambiguous.
    """
    source = card.source
    names: tuple[str, ...] = ()
    if isinstance(source, FileSource):
        files: tuple[DataFile, ...] = (_file(card, source, split),)
        finds = source.find_labels
    else:
        if not isinstance(source, HubSource):
            raise TypeError(f"{card.name} does not come from files")
        folder = hub.dataset_folder(source.id) if hub is not None else None
        if folder is None:
            raise TypeError(f"{card.name} is in no folder")
        files = data_files(folder, source, split)
        names = split_classes(folder, source, card.label)
        finds = source.find_labels
    declared = declared_names(files[0], card.label)
    of_card = () if declared else names
    rules = ReadRules(
        text=card.text,
        label=card.label,
        numbers=card.regression and not finds,
        names=of_card,
        empty_texts=isinstance(source, HubSource),
    )
    return FileSplit(
        files=files,
        rules=rules,
        classes=card.labels,
        values=tuple(card.values.items()),
        by_position=isinstance(source, HubSource) and not (declared or names),
        drop=card.unlabelled == "drop",
        declared=declared or names,
    )


def found_labels(card: TaskCard, *, hub: Hub | None = None) -> tuple[str, ...]:
    """Return the classes: those that the data declare, else the labels of the training set.

    They are sorted, integers by value.

    Raises:
        DataError: a row is bad, or there are too many distinct labels.
    """
    split = file_split(card, card.train, hub=hub)
    labels = set(split.rows().labels)
    if split.declared and labels - {"-1"} <= set(split.declared):
        return split.declared
    if len(labels) > _MOST_LABELS:
        file = split.files[0]
        raise refused(
            file,
            f"column {card.label!r} holds {len(labels):,} distinct labels, which are no classes",
            hint=f'name another label column, or set kind = "regression", next to {file.place}',
        )
    return found_classes(labels)


def own_rows(card: TaskCard, split: str, *, hub: Hub | None = None) -> OwnRows:
    """Return the examples of a split, each checked.

    Raises:
        DataError: the file cannot be read, a row is bad, or the split is too small to be used.
    """
    source = card.source
    fraction = source.scored_fraction if isinstance(source, FileSource) else None
    found = file_split(card, split, hub=hub)
    hashes = tuple(content_hash(file) for file in found.files)
    part = None if fraction is None else split
    return _rows(found, hashes, part, (fraction or 0.0, split == card.train, card.regression))


@lru_cache(maxsize=4)
def _rows(
    found: FileSplit, hashes: tuple[str, ...], part: str | None, use: tuple[float, bool, bool]
) -> OwnRows:
    del hashes  # part of the cache's key
    fraction, trains, regression = use
    file = found.files[0]
    rows = found.rows()
    _refuse_few(file, rows, "the file" if len(found.files) == 1 else "the split")
    if part is not None:
        strata = [""] * len(rows) if regression else rows.labels
        train, scored = held_out(rows.keys, strata, fraction=fraction)
        lost = rows.unlabelled if trains else []  # counted once
        rows = replace(rows.take(train if trains else scored), unlabelled=lost)
        _refuse_few(file, rows, f"with scored_fraction, the {part} part")
    if (trains or regression) and all(label == rows.labels[0] for label in rows.labels):
        label = quoted(file, rows.labels[0])
        raise refused(file, f"every example has label {label}: there is nothing to learn")
    return rows


def own_identity(card: TaskCard, split: str) -> str:
    """Return the hash of a split's content: the file's bytes, and how they are read; no path."""
    source = card.source
    if not isinstance(source, FileSource):
        raise TypeError(f"{card.name} does not come from files")
    file = _file(card, source, split)
    parts: dict[str, object] = {
        "format": file.format,
        "sha256": content_hash(file),
        "text": list(card.text),
        "label": card.label,
        "labels": list(card.labels),
    }
    ways = {"delimiter": file.delimiter, "encoding": file.encoding, "decimal": file.decimal}
    parts |= {name: value for name, value in ways.items() if value is not None}
    if card.values:
        parts["values"] = dict(card.values)
    if source.scored_fraction is not None:
        part = "train" if split == card.train else "scored"
        parts |= {"scored_fraction": source.scored_fraction, "part": part}
    return fingerprint(parts)


def own_overlap(card: TaskCard, train: str, scored: str, *, hub: Hub | None = None) -> Overlap:
    """Return the numbers of duplicate examples of two splits."""
    return count_overlap(own_rows(card, train, hub=hub).keys, own_rows(card, scored, hub=hub).keys)


def _refuse_few(file: DataFile, rows: OwnRows, part: str) -> None:
    if len(rows) < _FEWEST:
        count = "one example" if len(rows) else "no example"
        lost = len(rows.unlabelled)
        dropped = f" with a label ({lost:,} without one are dropped)" if lost else ""
        raise refused(file, f"{part} has {count}{dropped}; at least {_FEWEST} are needed")


def _file(card: TaskCard, source: FileSource, split: str) -> DataFile:
    if split not in source.files:
        names: Sequence[str] = sorted(source.files)
        raise DataError(
            f"no split {split!r}; there are {', '.join(map(repr, names))}",
            where=card.name,
            hint="name one of them in tasks.splits",
        )
    return source.files[split]
