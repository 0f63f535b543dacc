"""From the published numbers that a benchmark names to what ``run.json`` keeps of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.plan.cell import AdaptWork
from metabench.results.published import PublishedColumnNote, PublishedNote, PublishedRowNote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.plan.plan import Plan
    from metabench.plugin.catalog import Catalog
    from metabench.spec.published import Reported
    from metabench.spec.reported import PublishedColumn, PublishedRow, PublishedTable

__all__ = ["published_notes"]


def published_notes(plan: Plan, catalog: Catalog) -> tuple[PublishedNote, ...]:
    """Return the notes of all tables that a benchmark names."""
    scored = _scored(plan)
    return tuple(_note(reported, catalog, scored) for reported in plan.benchmark.published)


def _scored(plan: Plan) -> Mapping[str, str]:
    """Return the split that is scored, by task."""
    works = (cell.work for cell in plan.cells)
    return {work.task.card.name: work.task.scored for work in works if isinstance(work, AdaptWork)}


def _note(reported: Reported, catalog: Catalog, scored: Mapping[str, str]) -> PublishedNote:
    """Return the note of a printed table."""
    source, table = reported.source, reported.table
    return PublishedNote(
        short=source.short,
        citation=source.citation,
        table=table.name,
        title=table.title,
        split=table.split,
        note=table.note or "",
        stubs=table.stubs,
        columns=tuple(
            _column(column, catalog, scored.get(column.name.partition("@")[0], ""))
            for column in table.columns
        ),
        rows=tuple(_row(row, table) for row in table.rows),
    )


def _column(column: PublishedColumn, catalog: Catalog, scored: str) -> PublishedColumnNote:
    offers = [catalog.metrics.get(name) for name in column.metrics]
    names = zip(column.metrics, offers, strict=True)
    return PublishedColumnNote(
        name=column.name,
        title=column.title,
        metrics=column.metrics,
        titles=tuple(name if offer is None else offer.value.title for name, offer in names),
        percent=column.percent,
        scored=scored,
    )


def _row(row: PublishedRow, table: PublishedTable) -> PublishedRowNote:
    numbers = {column.name: row.numbers(column) for column in table.columns}
    return PublishedRowNote(
        method=row.method,
        labels=row.labels or (row.method, *([""] * (len(table.stubs) - 1))),
        ours=row.ours or row.method,
        seeds=row.seeds,
        scores={name: values for name, values in numbers.items() if values},
    )
