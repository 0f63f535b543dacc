"""Numbers reported elsewhere, in ``run.json``; a comparison reads no other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, final

from metabench.store.records.provenance import Record
from metabench.store.records.values import Bounded, Count, Entries, Score, Text, Word

__all__ = ["PublishedColumnNote", "PublishedNote", "PublishedRowNote", "first_of_each"]


@final
class PublishedColumnNote(Record):
    """A column of a printed table."""

    name: Text
    """Name of a leaderboard's column, such as ``glue/rte``."""
    title: Text
    """Its name in the source."""
    metrics: Entries[Text]
    """Names of its metrics, in the order in which the source prints them."""
    titles: Entries[Text]
    """Their titles in a leaderboard."""
    percent: bool = True
    """Whether 100 times the score is shown."""
    scored: Text = ""
    """The split that this run scores; empty where the run has no such column."""


@final
class PublishedRowNote(Record):
    """A row of a printed table."""

    method: Text
    """The method's name in the source."""
    labels: Entries[Text]
    """The entries of the first columns."""
    ours: Text
    """The method of this run next to which it is shown, where there is such a method."""
    seeds: Count | None = None
    """Runs behind each number; None where the source does not report them."""
    scores: Annotated[Mapping[Word, Entries[Score]], Bounded] = {}
    """Score by column, one for each of its metrics, on the metric's own scale."""


@final
class PublishedNote(Record):
    """A table of numbers reported elsewhere: shown next to ours, never tested."""

    short: Text
    """The source in a few words."""
    citation: Text
    """The source in full."""
    table: Text
    """The table's name in the source."""
    title: Text
    """Its caption."""
    split: Text
    """The split that was scored there."""
    note: Text = ""
    """Notes for a comparison."""
    stubs: Entries[Text]
    """Headings of the columns that name a row."""
    columns: Entries[PublishedColumnNote]
    """Columns in the order of the source."""
    rows: Entries[PublishedRowNote]
    """Rows in the order of the source."""


def first_of_each(notes: Iterable[PublishedNote]) -> tuple[PublishedNote, ...]:
    """Return the notes without those of a table that an earlier one is of."""
    found: dict[tuple[str, str], PublishedNote] = {}
    for note in notes:
        found.setdefault((note.citation, note.table), note)
    return tuple(found.values())
