"""From a run folder to tidy values: one score per method, column and meta seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from metabench.results.records import Failure, Result
from metabench.results.run_note import RunNote, UseNote
from metabench.results.statistics import seed_means
from metabench.results.store import Store, StoredCell

__all__ = ["Collected", "Entry", "collect"]


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """What there is for one method and one column.

    Args:
        values: score by meta seed, averaged over its fine-tuning seeds.
        planned: meta seeds that were asked for.
        runs: runs that were asked for, meta seeds times fine-tuning seeds.
        missing: runs that have not been made.
        failures: failed runs by status.
        unavailable: why there can be no score; empty where there can.
        collapsed: runs that gave every scored row the same class.
        shared: scored rows that stand among the training rows: the most of any run.
        scored_rows: rows that were scored.
        keys: keys of the cells, which say whether two runs hold the same entry.
    """

    values: Mapping[int, float]
    planned: int
    runs: int
    missing: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    unavailable: str = ""
    collapsed: int = 0
    shared: int = 0
    scored_rows: int = 0
    keys: frozenset[str] = frozenset()

    @property
    def failed(self) -> int:
        """Runs that failed."""
        return sum(self.failures.values())


@final
@dataclass(frozen=True, slots=True)
class Collected:
    """A run as values.

    Args:
        note: what was asked.
        entries: what there is, by (method, column).
        damage: what could not be used and why, one sentence each.
    """

    note: RunNote
    entries: Mapping[tuple[str, str], Entry]
    damage: tuple[str, ...] = ()


def collect(store: Store) -> Collected:
    """Return what a run folder holds; a damaged cell counts as missing.

    Raises:
        StoreError: the folder is not that of a run.
    """
    note = store.run()
    cells = {name: store.cell(name) for name in {use.cell for use in note.uses}}
    metrics = {column.name: column.metric for column in note.columns}
    groups: dict[tuple[str, str], list[UseNote]] = {}
    for use in note.uses:
        groups.setdefault((use.method, use.column), []).append(use)
    entries = {place: _entry(uses, cells, metrics[place[1]]) for place, uses in groups.items()}
    damage = [f"{name}: {what}" for name, cell in sorted(cells.items()) for what in cell.damage]
    return Collected(note, entries, tuple(damage))


def _entry(uses: Sequence[UseNote], cells: Mapping[str, StoredCell], metric: str) -> Entry:
    results = {use: _result(use, cells[use.cell], metric) for use in uses}
    scores = {
        (use.meta_seed, use.finetune_seed): result.scores[metric]
        for use, result in results.items()
        if result is not None
    }
    unfinished = [use for use, result in results.items() if result is None]
    found = {use: _failure(use, cells[use.cell]) for use in unfinished}
    done = [result for result in results.values() if result is not None]
    broken = [failure for failure in found.values() if failure is not None]
    return Entry(
        values=seed_means(scores, {(use.meta_seed, use.finetune_seed) for use in uses}),
        planned=len({use.meta_seed for use in uses}),
        runs=len(uses),
        missing=sum(found[use] is None and not use.unavailable for use in unfinished),
        failures=Counter(item.status for item in broken if item.status != "unavailable"),
        unavailable=_unavailable(uses, broken),
        collapsed=sum(result.collapsed for result in done),
        shared=max((result.overlap.get("both", 0) for result in done), default=0),
        scored_rows=max((result.scored_rows or 0 for result in done), default=0),
        keys=frozenset(use.key for use in uses),
    )


def _result(use: UseNote, cell: StoredCell, metric: str) -> Result | None:
    result = cell.result
    if result is None or result.key != use.key or metric not in result.scores:
        return None
    return result


def _failure(use: UseNote, cell: StoredCell) -> Failure | None:
    failure = cell.failure
    if failure is None or failure.key != use.key or failure.status == "interrupted":
        return None  # an interrupted run is still to be made
    return failure


def _unavailable(uses: Sequence[UseNote], failures: Sequence[Failure]) -> str:
    planned = [use.unavailable for use in uses]
    found = [failure.message for failure in failures if failure.status == "unavailable"]
    return next((reason for reason in [*planned, *found] if reason), "")
