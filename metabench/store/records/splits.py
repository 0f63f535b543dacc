"""The examples in use, in records: truncation, unknown words, examples of each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, final

from metabench.quantities import percent
from metabench.store.records.provenance import Record
from metabench.store.records.values import Bounded, Count, Text

__all__ = ["SplitNote", "fit_notes"]

_MANY_CUT = 0.01
_MANY_UNKNOWN = 0.05


@final
class SplitNote(Record):
    """The examples of a split that were used."""

    task: Text
    """Name of the task."""
    part: Literal["train", "scored"]
    """Whether they were trained on or scored."""
    split: Text
    """Name of the split."""
    rows: Count
    """Examples in use."""
    max_length: Count
    """Most tokens of an example."""
    cut: Count
    """Examples that have more tokens and were cut."""
    words: Count
    """Words that were not truncated, as the tokenizer splits texts."""
    unknown: Count
    """Those that the tokenizer does not know."""
    classes: Annotated[Mapping[Text, Count], Bounded] = {}
    """Examples of each class; empty for a regression."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The classes that no example has."""
        return tuple(name for name, count in self.classes.items() if not count)


def fit_notes(notes: Iterable[SplitNote]) -> Iterator[str]:
    """Yield which texts do not fit the encoder: over 1 % are cut, or over 5 % of words unknown.

    Of several notes on a task's training examples, such as its few-shot sets, the one with the most
    examples counts; so it does on its evaluation examples.
    """
    largest: dict[tuple[str, str], SplitNote] = {}
    for note in notes:
        key = (note.task, note.part)
        if key not in largest or note.rows > largest[key].rows:
            largest[key] = note
    for note in largest.values():
        name = f"{note.task} {note.split}"
        if note.cut > _MANY_CUT * note.rows:
            yield (
                f"CUT: {name}: {note.cut:,} of {note.rows:,} texts ({percent(note.cut / note.rows)}"
                f" %) have more than model.max_length = {note.max_length:,} tokens and are cut"
            )
        if note.unknown > _MANY_UNKNOWN * note.words:
            share = percent(note.unknown / note.words)
            yield (
                f"UNKNOWN: {name}: the tokenizer does not know {share} % of {note.words:,} words"
                " ([UNK]); choose an encoder for this language"
            )
