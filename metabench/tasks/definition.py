"""From a definition to a card: classes and sizes, as the data have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.api.task import FileSource, HubSource
from metabench.errors import DataError
from metabench.tasks.identity import split_facts
from metabench.tasks.overlap import overlap_note
from metabench.tasks.own.refusal import listed
from metabench.tasks.own.splits import found_labels, own_overlap, own_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.api.task import TaskCard
    from metabench.tasks.hub import Hub

__all__ = ["complete_card", "own_notes"]


def complete_card(card: TaskCard, splits: Sequence[str], *, hub: Hub) -> TaskCard:
    """Return the card of a task of one's own with its classes and the sizes of those splits.

    Raises:
        DataError: the rows cannot be had, or one of them is bad.
    """
    source = card.source
    if isinstance(source, FileSource):
        if source.find_labels:
            labels = found_labels(card, source)
            source = source.model_copy(update={"find_labels": False})
            card = card.model_copy(update={"labels": labels, "source": source})
        sizes = {split: len(own_rows(card, split)) for split in splits}
    else:
        sizes = {split: card.splits[split] or _there(card, split, hub=hub) for split in splits}
    return card.model_copy(update={"splits": {**card.splits, **sizes}})


def own_notes(card: TaskCard, train: str, scored: str | None) -> tuple[str, ...]:
    """Return what a reader has to know of a task whose rows come from files.

    Args:
        card: the complete card.
        train: the split that is trained on.
        scored: the split that is scored, None for a task that is not.
    """
    source = card.source
    if not isinstance(source, FileSource):
        return ()
    notes = list(_alike(card))
    if source.scored_fraction is not None:
        share = f"{100 * source.scored_fraction:g} %"
        notes.append(f"HELD OUT: {card.name}: {share} of its rows, drawn by class, are scored only")
    found = own_overlap(card, train, scored if scored is not None else train)
    splits = [(train, found.train)] + ([(scored, found.scored)] if scored is not None else [])
    notes += _unseen(card, train)
    for split, repeated in splits:
        if repeated:
            of = f"{repeated:,} of {card.splits[split]:,} rows"
            notes.append(f"REPEATED: {card.name} {split}: {of} repeat the texts of an earlier one")
    if scored is not None and found.both:
        notes.append(overlap_note(card.name, both=found.both, scored=card.splits[scored]))
    return tuple(notes)


def _unseen(card: TaskCard, train: str) -> Iterator[str]:
    """Yield the classes that no training row has."""
    known = set(own_rows(card, train).labels) if card.labels else set()
    lost = [label for label in card.labels if label not in known]
    if lost:
        yield f"UNSEEN: {card.name}: no training row has class {listed(lost)}"


def _alike(card: TaskCard) -> Iterator[str]:
    """Yield classes that differ by their case or by blanks around them: one is often misspelt."""
    seen: dict[str, str] = {}
    for label in card.labels:
        other = seen.setdefault(label.strip().casefold(), label)
        if other != label:
            yield f"ALIKE: {card.name}: {other!r} and {label!r} are two classes"


def _there(card: TaskCard, split: str, *, hub: Hub) -> int:
    source = card.source
    if isinstance(source, HubSource) and hub.dataset_folder(source.id) is None:
        raise DataError(
            f"nobody says how many rows split {split!r} of data set {source.id!r} has",
            where=card.name,
            hint=f"give them in tasks.define: rows = {{ {split} = N }}, or name an offline mirror "
            "with --hub DIR or METABENCH_HUB",
        )
    return split_facts(card, split, hub=hub).rows
