"""From a plan to ``run.json``: methods, columns, and the cell behind each planned score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.fingerprint import fingerprint
from metabench.plan.cell import Cell, FineTuneWork
from metabench.session.runner.queue import cost
from metabench.store.records.published import PublishedColumnNote, PublishedNote, PublishedRowNote
from metabench.store.records.run import ColumnNote, MetricNote, PlannedCell, RunNote, UseNote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from metabench.plan.plan import CellUse, Plan
    from metabench.plan.selection import Selection
    from metabench.plugin.catalog import Catalog
    from metabench.spec.model.reported import (
        PublishedColumn,
        PublishedRow,
        PublishedTable,
        Reported,
    )
    from metabench.spec.model.tasks import Size


__all__ = ["metric_notes", "published_notes", "run_note"]


def run_note(plan: Plan, catalog: Catalog, *, selection: Selection | None = None) -> RunNote:
    """Return the request of a run, so that a comparison needs only the run folder.

    It describes the whole benchmark, even if only a part is selected.
    """
    spec = plan.benchmark.spec
    cells = {cell.key: cell for cell in plan.cells}
    columns: dict[str, ColumnNote] = {}
    uses = []
    for use in plan.uses:
        cell = cells[use.key]
        column = _column(use, cell, catalog)
        columns.setdefault(column.name, column)
        uses.append(
            UseNote(
                method=use.method,
                column=column.name,
                meta_seed=use.meta_seed,
                finetune_seed=use.finetune_seed,
                draw=use.draw,
                cell=cell.folder,
                key=cell.key,
                unavailable=cell.unavailable,
            )
        )
    return RunNote(
        name=spec.name,
        smoke=spec.smoke,
        overrides=plan.benchmark.overrides,
        methods=tuple(method.id for method in plan.benchmark.methods),
        columns=tuple(columns.values()),
        uses=tuple(uses),
        cells=tuple(_planned(cell, selection) for cell in plan.cells),
        only=selection.only if selection is not None else (),
        baselines=spec.compare.baselines,
        alpha=spec.compare.alpha,
        family=spec.compare.family,
        averaged=dict(_averaged(plan, catalog)) if spec.compare.average == "glue" else {},
        notes=plan.notes,
        published=published_notes(plan, catalog),
        metrics=tuple(metric_notes(_metric_names(plan), catalog)),
        spec_hash=fingerprint(spec.model_dump(mode="json")),
    )


def metric_notes(names: Iterable[str], catalog: Catalog) -> Iterator[MetricNote]:
    """Yield the notes on metrics for a leaderboard, by name."""
    for name in sorted(names):
        metric = catalog.metric(name).value
        yield MetricNote(name=name, title=metric.title, percent=metric.percent, error=metric.error)


def _averaged(plan: Plan, catalog: Catalog) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the targets whose cards name several scores on one scale, with their names."""
    tasks = (cell.work.task for cell in plan.cells if isinstance(cell.work, FineTuneWork))
    cards = {task.card.name: task.card for task in tasks if task.role == "target"}
    for card in cards.values():
        scores = [catalog.metric(name).value for name in card.metrics]
        alike = [score for score in scores if score.percent == scores[0].percent]
        names = tuple(score.name for score in alike if not score.error)
        if len(names) > 1:
            yield card.name, names


def _metric_names(plan: Plan) -> set[str]:
    works = (cell.work for cell in plan.cells)
    return {name for work in works if isinstance(work, FineTuneWork) for name in work.metrics}


def _planned(cell: Cell, selection: Selection | None) -> PlannedCell:
    return PlannedCell(
        cell=cell.folder,
        key=cell.key,
        kind=cell.kind,
        method=cell.method,
        needs=cell.needs,
        cost=cost(cell),
        selected=selection is None or cell.key in selection.keys,
        unavailable=cell.unavailable,
    )


def _column(use: CellUse, cell: Cell, catalog: Catalog) -> ColumnNote:
    work = cell.work
    if not isinstance(work, FineTuneWork):
        raise TypeError(f"{cell.name} is not an adapt cell")
    card = work.task.card
    metric = catalog.metric(card.primary).value
    return ColumnNote(
        name=use.column,
        task=card.name,
        title=card.title,
        role="target" if work.task.role == "target" else "transfer",
        label=_label(use.size, work.task.size, cell.unavailable),
        metric=card.primary,
        metric_title=metric.title,
        percent=metric.percent,
        identity=work.task.identity,
    )


def _label(size: Size, rows: int, unavailable: str) -> str:
    if size.fraction is None:
        return size.name
    return f"{100 * size.fraction:g}" + (" %" if unavailable else f" % = {rows:,} rows")


def published_notes(plan: Plan, catalog: Catalog) -> tuple[PublishedNote, ...]:
    """Return the notes of all tables that a benchmark names."""
    scored = _scored(plan)
    return tuple(
        _published_note(reported, catalog, scored) for reported in plan.benchmark.published
    )


def _scored(plan: Plan) -> Mapping[str, str]:
    """Return the split that is scored, by task."""
    works = (cell.work for cell in plan.cells)
    return {
        work.task.card.name: work.task.scored for work in works if isinstance(work, FineTuneWork)
    }


def _published_note(
    reported: Reported, catalog: Catalog, scored: Mapping[str, str]
) -> PublishedNote:
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
            _published_column(column, catalog, scored.get(column.name.partition("@")[0], ""))
            for column in table.columns
        ),
        rows=tuple(_published_row(row, table) for row in table.rows),
    )


def _published_column(
    column: PublishedColumn, catalog: Catalog, scored: str
) -> PublishedColumnNote:
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


def _published_row(row: PublishedRow, table: PublishedTable) -> PublishedRowNote:
    numbers = {column.name: row.numbers(column) for column in table.columns}
    return PublishedRowNote(
        method=row.method,
        labels=row.labels or (row.method, *([""] * (len(table.stubs) - 1))),
        ours=row.ours or row.method,
        seeds=row.seeds,
        scores={name: values for name, values in numbers.items() if values},
    )
