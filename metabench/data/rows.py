"""Rows of a task: texts and labels, checked, from a mirror, the hub, a generator or files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt

from metabench.api.task import FileSource, GeneratedSource, HubSource, TaskCard
from metabench.errors import DataError
from metabench.fingerprint import fingerprint
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.target import load_target
from metabench.tasks.clone import source_folder
from metabench.tasks.mirror import source_files
from metabench.tasks.own.splits import file_split, own_identity, own_rows
from metabench.tasks.snapshot import dataset_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.plan.cell import TaskUse
    from metabench.tasks.hub import Hub
    from metabench.tasks.own.rows import OwnRows

__all__ = ["Part", "Rows", "load_rows", "load_texts"]

Part: TypeAlias = Literal["train", "scored"]

_ANOTHER_SPLIT = "name another split of the task in tasks.splits"
_MEND = "fix the example, or leave the task out"


@final
@dataclass(frozen=True, slots=True)
class Rows:
    """Texts, one list per text column, and labels.

    They are int64 class numbers, float32 numbers, or float64 ones that are to be standardised.
    """

    texts: tuple[list[str], ...]
    labels: npt.NDArray[np.int64] | npt.NDArray[np.floating]

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.labels)

    def digests(self) -> npt.NDArray[np.uint64]:
        """Return a hash of each example's texts, [examples]: equal texts have equal hashes."""
        found = np.empty(len(self), dtype=np.uint64)
        for row, texts in enumerate(zip(*self.texts, strict=True)):
            # A length before each text, so that ("ab", "c") and ("a", "bc") differ.
            content = "".join(f"{len(text)}:{text}" for text in texts).encode()
            found[row] = int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
        return found


def load_rows(use: TaskUse, part: Part, *, hub: Hub) -> Rows:
    """Return all examples of a task's training or evaluation split.

    Raises:
        DataError: the split is not available, or a text or a label does not match the card.
    """
    card, split = use.card, use.train if part == "train" else use.scored
    if isinstance(card.source, FileSource):
        return _own(use, split)
    where = f"{card.name}, split {split!r}"
    if isinstance(card.source, HubSource):
        return _in_folder(_local(card, split, hub=hub), split, hub=hub, where=where)
    columns = _generated(card, split, where=where)
    texts = _checked_texts(card, columns, where)
    place = f"{where}, column {card.label!r}"
    values = list(columns[card.label])
    labels = _classes(values, card, place) if card.labels else _numbers(values, place)
    return Rows(texts, labels)


def load_texts(card: TaskCard, split: str, *, hub: Hub) -> tuple[list[str], ...]:
    """Return the texts of a split, one list per text column; its labels may be hidden.

    Raises:
        DataError: the split is not available, or a text does not match the card.
    """
    where = f"{card.name}, split {split!r}"
    if isinstance(card.source, HubSource):
        card = _local(card, split, hub=hub)
        found = file_split(card, _known_split(card, split, hub=hub, where=where), hub=hub)
        return found.texts()
    return _checked_texts(card, _generated(card, split, where=where), where)


def _local(card: TaskCard, split: str, *, hub: Hub) -> TaskCard:
    """Return the card with the folder of a mirror, or the hub's cache, as its source.

    Rows are read from the bytes of files, whatever the datasets library has cached of them.
    """
    source = card.source
    if not isinstance(source, HubSource) or source_folder(source, hub=hub) is not None:
        return card
    folder = dataset_snapshot(source, split, hub=hub).absolute()
    return card.model_copy(update={"source": source.model_copy(update={"id": str(folder)})})


def _in_folder(card: TaskCard, split: str, *, hub: Hub, where: str) -> Rows:
    """Return the examples of a folder or a mirror, read from the same bytes that were hashed."""
    found = file_split(card, _known_split(card, split, hub=hub, where=where), hub=hub)
    if card.labels and found.declared and set(found.declared) != set(card.labels):
        raise DataError(
            f"the classes are {', '.join(map(repr, found.declared))}, but the task's card lists "
            f"{', '.join(map(repr, card.labels))}",
            where=where,
            hint="use the dataset revision that the task's card was written for",
        )
    rows = found.rows()
    if not len(rows):
        raise DataError("the split is empty", where=where, hint=_ANOTHER_SPLIT)
    return _as_arrays(card, rows, where=where)


def _known_split(card: TaskCard, split: str, *, hub: Hub, where: str) -> str:
    source = card.source
    if not isinstance(source, HubSource):
        raise TypeError(f"{card.name} is in no folder")
    folder = hub.dataset_folder(source.id)
    there = source_files(folder, source) if folder is not None else {}
    if split not in there:
        raise DataError(
            f"no such split; there are {', '.join(map(repr, there))}",
            where=where,
            hint=_ANOTHER_SPLIT,
        )
    return split


def _as_arrays(card: TaskCard, rows: OwnRows, *, where: str) -> Rows:
    if card.regression:
        numbers: npt.NDArray[np.floating] = np.asarray(rows.labels, dtype=np.float64)
        if not card.standardise:
            numbers = numbers.astype(np.float32)
        if (numbers == -1).all():
            raise DataError(
                "every label is -1: the labels of this split are hidden",
                where=where,
                hint=_ANOTHER_SPLIT,
            )
        return Rows(rows.texts, numbers)
    places = {name: place for place, name in enumerate(card.labels)}
    found = map(places.__getitem__, rows.labels)
    return Rows(rows.texts, np.fromiter(found, dtype=np.int64, count=len(rows)))


def _checked_texts(
    card: TaskCard, columns: Mapping[str, Sequence[Any]], where: str
) -> tuple[list[str], ...]:
    for column in (*card.text, card.label):
        if column not in columns:
            raise DataError(
                f"no column {column!r}; there are {', '.join(map(repr, columns))}",
                where=where,
                hint="use the dataset revision that the task's card was written for",
            )
    texts = tuple(
        _texts(list(columns[name]), where=f"{where}, column {name!r}") for name in card.text
    )
    if not texts[0]:
        raise DataError("the split is empty", where=where, hint=_ANOTHER_SPLIT)
    return texts


def _own(use: TaskUse, split: str) -> Rows:
    card = use.card
    scored = "" if use.role == "auxiliary" else own_identity(card, use.scored)
    now = fingerprint({"train": own_identity(card, use.train), "scored": scored})
    if use.identity and now != use.identity:  # it is empty where nothing was planned
        raise DataError(
            "the files are no longer those that the run was planned with",
            where=card.name,
            hint="run the same command again",
        )
    return _as_arrays(card, own_rows(card, split), where=f"{card.name}, split {split!r}")


def _generated(card: TaskCard, split: str, *, where: str) -> Mapping[str, Sequence[Any]]:
    if not isinstance(card.source, GeneratedSource):
        raise TypeError(f"{card.name} is not generated")
    target = card.source.target
    found = guarded(lambda: load_target(target)(card.name, split))
    if isinstance(found, Fault):
        if isinstance(found.error, DataError):
            raise found.error
        raise DataError(
            f"the generator failed: {found.detail}",
            where=f"{where} ({target})",
            hint="fix the generator, or leave the task out",
        ) from found.error
    columns: Mapping[str, Sequence[Any]] = found
    return columns


def _texts(values: list[Any], *, where: str) -> list[str]:
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise DataError(f"row {row}: {value!r} is not a text", where=where, hint=_MEND)
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise DataError(
                f"row {row}: half of a character (a lone surrogate)", where=where, hint=_MEND
            )
    return values


def _classes(values: list[Any], card: TaskCard, where: str) -> npt.NDArray[np.int64]:
    numbers = {name: number for number, name in enumerate(card.labels)}
    known: dict[Any, int] = {**numbers, **{number: number for number in numbers.values()}}
    labels = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        if type(value) not in {int, str} or value not in known:
            hidden = ": the labels of this split are hidden" if value == -1 else ""
            raise DataError(
                f"row {row}: label {value!r} is none of {', '.join(map(repr, numbers))}{hidden}",
                where=where,
                hint=_ANOTHER_SPLIT if hidden else _MEND,
            )
        labels[row] = known[value]
    return labels


def _numbers(values: list[Any], where: str) -> npt.NDArray[np.float32]:
    for row, value in enumerate(values):
        real = isinstance(value, int | float) and not isinstance(value, bool)
        if not real or not np.isfinite(value):
            raise DataError(
                f"row {row}: label {value!r} is not a finite number", where=where, hint=_MEND
            )
    labels = np.asarray(values, dtype=np.float32)
    if (labels == -1).all():
        raise DataError(
            "every label is -1: the labels of this split are hidden",
            where=where,
            hint=_ANOTHER_SPLIT,
        )
    return labels
