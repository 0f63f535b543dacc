"""From a definition to a card: classes and sizes, as the data have them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from metabench.api.task import FileSource, HubSource
from metabench.errors import DataError
from metabench.tasks.identity import split_facts
from metabench.tasks.overlap import overlap_note
from metabench.tasks.own.classes import Classes, canonical_label, is_number
from metabench.tasks.own.metrics import OF_ONE_CLASS, class_metric_problem
from metabench.tasks.own.splits import file_split, found_labels, own_overlap, own_rows
from metabench.tasks.reading.refusal import not_shown, quoted, quoted_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.api.task import TaskCard
    from metabench.tasks.hub import Hub

__all__ = ["complete_card", "in_files", "own_notes"]

_EMPTY = frozenset(("nan", "na", "n/a", "null", "none", "#n/a", "<na>"))
_TRUTH = frozenset(("true", "false"))
_BINARY = _TRUTH | {"0", "1"}
_MANY = 20
"""More whole numbers than this are hardly classes."""


def complete_card(card: TaskCard, splits: Sequence[str], *, hub: Hub) -> TaskCard:
    """Return the card of a custom task with its classes and the sizes of those splits.

    Raises:
        DataError: the examples are not available, or one of them is bad.
    """
    source = card.source
    if not in_files(card, hub=hub):
        if isinstance(source, HubSource) and source.find_labels:
            raise DataError(
                "labels is missing: list the classes in the order of their numbers",
                where=card.name,
                hint="name a mirror with --hub DIR or METABENCH_HUB, where they can be looked up",
            )
        sizes = {split: card.splits[split] or _there(card, split, hub=hub) for split in splits}
        return card.model_copy(update={"splits": {**card.splits, **sizes}})
    if isinstance(source, FileSource | HubSource) and source.find_labels:
        labels = found_labels(card, hub=hub)
        source = source.model_copy(update={"find_labels": False})
        card = card.model_copy(update={"labels": labels, "source": source})
    for metric in card.metrics:
        problem = class_metric_problem(metric, len(card.labels))
        if problem:
            raise DataError(problem, where=card.name, hint="correct metrics in its tasks.define")
    if card.positive is not None:
        card = card.model_copy(update={"labels": _with_positive(card)})
    counts = {split: len(own_rows(card, split, hub=hub)) for split in splits}
    official = {} if isinstance(source, FileSource) else card.splits
    sizes = {split: official.get(split) or counts[split] for split in splits}
    return card.model_copy(update={"splits": {**card.splits, **sizes}})


def in_files(card: TaskCard, *, hub: Hub) -> bool:
    """Return whether a task's examples come from files or a folder of this machine."""
    source = card.source
    if isinstance(source, HubSource):
        return hub.dataset_folder(source.id) is not None
    return isinstance(source, FileSource)


def _with_positive(card: TaskCard) -> tuple[str, ...]:
    """Return the two classes, the positive one last: of it are F1, precision and recall.

    Raises:
        DataError: it is none of two classes.
    """
    if card.positive not in card.labels or len(card.labels) != 2:  # noqa: PLR2004
        there = quoted_names(card, card.labels)
        raise DataError(
            f"positive = {card.positive!r} is none of two classes; there are {there}",
            where=card.name,
            hint="name one of two classes, or take f1_macro, which needs none",
        )
    return (*(label for label in card.labels if label != card.positive), card.positive)


def own_notes(card: TaskCard, train: str, scored: str | None, *, hub: Hub) -> tuple[str, ...]:
    """Return the notes on a task whose examples come from files.

    Args:
        card: the complete card.
        train: the training split.
        scored: the evaluation split; None for a task that is not scored.
        hub: the source of datasets.
    """
    if not in_files(card, hub=hub):
        return ()
    notes = [*_alike(card), *_doubtful(card), *_joined(card, train, scored, hub=hub)]
    fraction = card.source.scored_fraction if isinstance(card.source, FileSource) else None
    if fraction is not None:
        share = f"{100 * fraction:g} %"
        notes.append(
            f"HELD OUT: {card.name}: {share} of its examples, drawn by class, are only scored"
        )
    found = own_overlap(card, train, scored if scored is not None else train, hub=hub)
    splits = [(train, found.train)] + ([(scored, found.scored)] if scored is not None else [])
    notes += [*_of_one_class(card), *_numbers(card), *_unseen(card, train, hub=hub)]
    for split, repeated in splits:
        rows = own_rows(card, split, hub=hub)
        if rows.unlabelled:
            lost = len(rows.unlabelled)
            of = f"{lost:,} of {lost + len(rows):,} rows"
            notes.append(f"DROPPED: {card.name} {split}: {of} have no label")
        if repeated:
            of = f"{repeated:,} of {len(rows):,} rows"
            notes.append(f"REPEATED: {card.name} {split}: {of} repeat the texts of an earlier one")
    if scored is not None and found.both:
        count = len(own_rows(card, scored, hub=hub))
        notes.append(overlap_note(card.name, both=found.both, scored=count))
    return tuple(notes)


def _joined(card: TaskCard, train: str, scored: str | None, *, hub: Hub) -> Iterator[str]:
    """Yield labels that are read as one class: spelt in two ways, or a place for a name."""
    splits = [train, *([scored] if scored is not None else [])]
    if not card.labels:
        return
    ways: dict[str, set[str]] = {}
    for split in splits:
        for spelt in own_rows(card, split, hub=hub).spellings:
            ways.setdefault(unicodedata.normalize("NFC", spelt), set()).add(spelt)
    twice = sorted(label for label, spellings in ways.items() if len(spellings) > 1)
    if twice:
        names = quoted_names(card, twice)
        yield f"JOINED: {card.name}: {names} is spelt composed and decomposed: one class"
    found = file_split(card, train, hub=hub)
    known = Classes(found.classes, found.values, found.by_position)
    places = known.places(found.words())
    if places:
        pairs = ", ".join(f"{label} = {name!r}" for label, name in places)
        pairs = not_shown(card) or pairs
        yield f"BY PLACE: {card.name}: labels are numbers, read by the order of classes: {pairs}"


def _of_one_class(card: TaskCard) -> Iterator[str]:
    """Yield which of two classes the scores of one class are of."""
    named = [metric for metric in card.metrics if metric in OF_ONE_CLASS]
    if named and len(card.labels) == 2:  # noqa: PLR2004
        verb = "is" if len(named) == 1 else "are"
        name = quoted(card, card.labels[1])
        yield f"POSITIVE: {card.name}: {', '.join(named)} {verb} of class {name}"


def _numbers(card: TaskCard) -> Iterator[str]:
    """Yield that classes look like measurements."""
    numbers = [label for label in card.labels if is_number(label)]
    whole = all(canonical_label(label).removeprefix("-").isdigit() for label in numbers)
    if len(numbers) == len(card.labels) > 2 and (not whole or len(numbers) > _MANY):  # noqa: PLR2004
        one = not_shown(card) or numbers[0]
        yield (
            f"NUMBERS: {card.name}: its {len(numbers):,} classes are numbers, such as {one};"
            ' if they are measurements, set kind = "regression"'
        )


def _unseen(card: TaskCard, train: str, *, hub: Hub) -> Iterator[str]:
    """Yield the classes without a training example."""
    known = set(own_rows(card, train, hub=hub).labels) if card.labels else set()
    lost = [label for label in card.labels if label not in known]
    if lost:
        yield f"UNSEEN: {card.name}: no training example has class {quoted_names(card, lost)}"


def _alike(card: TaskCard) -> Iterator[str]:
    """Yield classes that differ by their case or by blanks around them: one is often misspelt."""
    seen: dict[str, str] = {}
    for label in card.labels:
        other = seen.setdefault(label.strip().casefold(), label)
        if other != label:
            both = f"{quoted(card, other)} and {quoted(card, label)}"
            yield f"ALIKE: {card.name}: {both} are two classes"


def _doubtful(card: TaskCard) -> Iterator[str]:
    """Yield classes that other programs read as a missing label, and truth values among numbers."""
    empty = [label for label in card.labels if label.strip().casefold() in _EMPTY]
    if "-1" in card.labels and not all(map(is_number, card.labels)):
        empty.append("-1")
    if empty:
        yield (
            f"EMPTY: {card.name}: {quoted_names(card, empty)}: other programs read this as no"
            ' label; where it is none, leave the label empty and set unlabelled = "drop"'
        )
    kinds = {label.casefold() in _TRUTH for label in card.labels if label.casefold() in _BINARY}
    if len(kinds) > 1:
        names = quoted_names(card, [one for one in card.labels if one.casefold() in _BINARY])
        yield (
            f"MIXED: {card.name}: {names} are separate classes;"
            ' labels = { 0 = "false", 1 = "true" } joins them'
        )


def _there(card: TaskCard, split: str, *, hub: Hub) -> int:
    source = card.source
    if isinstance(source, HubSource) and hub.dataset_folder(source.id) is None:
        raise DataError(
            f"the number of examples in split {split!r} of dataset {source.id!r} is unknown",
            where=card.name,
            hint=f"give them in tasks.define: rows = {{ {split} = N }}, or name an offline mirror "
            "with --hub DIR or METABENCH_HUB",
        )
    return split_facts(card, split, hub=hub).rows
