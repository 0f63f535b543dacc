"""From a plan to ``run.json``: rows, columns, and the cell behind each planned score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.fingerprint import fingerprint
from metabench.plan.cell import AdaptWork, Cell
from metabench.results.run_note import ColumnNote, MetricNote, PlannedCell, RunNote, UseNote
from metabench.session.published import published_notes
from metabench.session.queue import cost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.plan.plan import CellUse, Plan
    from metabench.plan.selection import Selection
    from metabench.plugin.catalog import Catalog

__all__ = ["run_note"]


def run_note(plan: Plan, catalog: Catalog, *, selection: Selection | None = None) -> RunNote:
    """Return what a run is asked for, so that a comparison needs the run folder alone.

    It describes the whole benchmark, whatever part of it is selected.
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
        notes=plan.notes,
        published=published_notes(plan, catalog),
        spec_hash=fingerprint(spec.model_dump(mode="json")),
    )


def _metrics(plan: Plan, catalog: Catalog) -> Iterator[MetricNote]:
    works = (cell.work for cell in plan.cells)
    names = {name for work in works if isinstance(work, AdaptWork) for name in work.metrics}
    for name in sorted(names):
        metric = catalog.metric(name).value
        yield MetricNote(name=name, title=metric.title, percent=metric.percent)


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
    if not isinstance(work, AdaptWork):
        raise TypeError(f"{cell.name} is not an adapt cell")
    card = work.task.card
    metric = catalog.metric(card.primary).value
    part = "" if use.fraction is None else f"@{use.fraction:g}"
    return ColumnNote(
        name=f"{card.name}{part}",
        task=card.name,
        title=card.title,
        role="target" if work.task.role == "target" else "transfer",
        label=_label(use.fraction, work.task.size, cell.unavailable),
        metric=card.primary,
        metric_title=metric.title,
        percent=metric.percent,
        identity=work.task.identity,
    )


def _label(fraction: float | None, rows: int, unavailable: str) -> str:
    if fraction is None:
        return ""
    return f"{100 * fraction:g}" + (" %" if unavailable else f" % = {rows:,} rows")
