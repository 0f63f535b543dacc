"""A file of published numbers as a value: tables as others have published them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, final

from pydantic import Field

from metabench.api.options import Options
from metabench.spec.model.values import Name, Names, Text

__all__ = ["PublishedColumn", "PublishedFile", "PublishedRow", "PublishedTable", "Reported"]


class PublishedColumn(Options):
    """A column of a printed table."""

    name: Name
    """Name of a leaderboard's column, such as ``glue/rte`` or ``scitail@0.001``."""
    title: Name
    """Its name in the source."""
    metrics: Annotated[Names, Field(min_length=1, max_length=10)]
    """Metrics in the order in which the source prints them."""
    percent: bool = True
    """Whether the source prints 100 times the score; such a number is between -100 and 100."""


class PublishedRow(Options):
    """A row of a printed table."""

    method: Name
    """The method's name in the source; unique in its table."""
    labels: Annotated[tuple[Name, ...], Field(max_length=10)] = ()
    """The entry of each of the ``stubs``; the method where they are not given."""
    ours: Name | None = None
    """The method of a benchmark file next to which it is shown; the one of the same name if not
    given."""
    seeds: Annotated[int, Field(ge=1, le=10**6)] | None = None
    """Runs behind each number; not given where the source does not report them."""
    scores: Mapping[str, float | tuple[float, ...]] = {}
    """Numbers as printed, by column; an array where the column has several metrics."""

    def numbers(self, column: PublishedColumn) -> tuple[float, ...]:
        """Return the scores of a column on the metrics' own scale; none where none is printed."""
        printed = self.scores.get(column.name, ())
        values = printed if isinstance(printed, tuple) else (printed,)
        return tuple(round(value / 100, 12) if column.percent else value for value in values)


class PublishedTable(Options):
    """A table of a source."""

    name: Name
    """Its name in the source, such as ``Table 1``."""
    title: Text
    """Its caption."""
    split: Name
    """The split that was scored."""
    note: Text | None = None
    """Notes for a comparison."""
    stubs: Annotated[Names, Field(min_length=1, max_length=10)] = ("Model",)
    """Headings of the columns that name a row."""
    columns: Annotated[tuple[PublishedColumn, ...], Field(min_length=1, max_length=1000)]
    """Columns in the order of the source."""
    rows: Annotated[tuple[PublishedRow, ...], Field(min_length=1, max_length=1000)]
    """Rows in the order of the source."""


class PublishedFile(Options):
    """Numbers reported elsewhere, with their source; shown next to ours, never tested."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    """Version of the file format."""
    short: Name
    """The source in a few words, such as ``Dou et al. 2019``."""
    citation: Text
    """The source in full."""
    tables: Annotated[tuple[PublishedTable, ...], Field(min_length=1, max_length=100)]
    """Its tables."""


@final
@dataclass(frozen=True, slots=True)
class Reported:
    """A table to show next to a benchmark, and the file that it comes from."""

    source: PublishedFile
    table: PublishedTable
