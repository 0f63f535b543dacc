"""From a run folder to tidy values: one score per method, column and meta seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from statistics import fmean
from types import MappingProxyType
from typing import final

from pydantic import JsonValue

from metabench.results.profile import environment
from metabench.results.recipe import recipes
from metabench.results.repeats import nondeterministic, repeat_notes
from metabench.store.records.cell import Failure, Result, Status
from metabench.store.records.provenance import Provenance
from metabench.store.records.run import RunNote, UseNote
from metabench.store.run_folder import Store

__all__ = ["Collected", "Entry", "are_crossed", "collect", "entries_of", "seed_means"]


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """The scores of one method in one column.

    Args:
        values: score by meta seed, averaged over its draws and fine-tuning seeds.
        planned: requested meta seeds.
        runs: requested runs, meta seeds times draws times fine-tuning seeds.
        missing: runs that were not made.
        failures: failed runs by status; also those whose meta-training failed.
        unavailable: the reason why there can be no score; else empty.
        collapsed: runs that predict a single class.
        collapsed_seeds: meta seeds with such a run.
        tunings: requested fine-tuning seeds.
        draws: score by draw, averaged over meta seeds and fine-tuning seeds; empty without shots,
            and where each draw is paired with one meta seed.
        shared: evaluation examples that are also training examples: the most of any run.
        scored_rows: number of evaluation examples.
        keys: keys of the cells, by which entries of two runs are equal.
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
    collapsed_seeds: frozenset[int] = frozenset()
    tunings: int = 1
    draws: Mapping[int, float] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        """Runs that failed."""
        return sum(self.failures.values())


@final
@dataclass(frozen=True)
class Collected:
    """A run as values.

    Args:
        note: the request.
        entries: the scores by (method, column).
        damage: the unusable files with reasons, one sentence each.
        results: the results of the run's cells, by key.
        failures: the cells of the run that failed at the last attempt, by key.
        recipes: hash of all settings except seeds, by (method, column), where a cell records them.
        notes: notes on cells that were run more than once, one sentence each.
        nondeterministic: names of the cells with different numbers in one execution environment.
        averaged: the scores of the average, where they differ from the columns' scores.
    """

    note: RunNote
    entries: Mapping[tuple[str, str], Entry]
    damage: tuple[str, ...] = ()
    results: Mapping[str, Result] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)
    recipes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    nondeterministic: tuple[str, ...] = ()
    averaged: Mapping[tuple[str, str], Entry] = field(default_factory=dict)

    @cached_property
    def closures(self) -> Mapping[str, tuple[str, ...]]:
        """Keys of each cell and of all that it needs, by its key."""
        found: dict[str, tuple[str, ...]] = {}
        for cell in self.note.cells:  # needs first
            needed = (found.get(need, (need,)) for need in cell.needs)
            found[cell.key] = cell.key, *chain.from_iterable(needed)
        return found

    @cached_property
    def origins(self) -> Mapping[str, tuple[Provenance, ...]]:
        """Where the cells behind each method come from, one for all that were computed alike."""
        used: dict[str, set[str]] = {}
        for use in self.note.uses:
            used.setdefault(use.method, set()).update(self.closures.get(use.key, (use.key,)))
        return {
            method: _unlike(self.results[key] for key in sorted(keys & self.results.keys()))
            for method, keys in used.items()
        }

    @property
    def seed_counts(self) -> tuple[list[int], list[int]]:
        """Numbers of meta seeds, and of fine-tuning seeds in each, that occur; sorted."""
        entries = [entry for entry in self.entries.values() if entry.planned]
        meta = {entry.planned for entry in entries}
        return sorted(meta), sorted({entry.tunings for entry in entries})


def _unlike(results: Iterable[Result]) -> tuple[Provenance, ...]:
    """Return where results come from, the first of all that were computed alike."""
    found: dict[object, Provenance] = {}
    for result in results:
        where = result.provenance
        found.setdefault((*environment(where).items(), where.model_identity), where)
    return tuple(found.values())


def collect(store: Store) -> Collected:
    """Return the values of a run folder; a damaged cell counts as missing.

    Raises:
        StoreError: the folder is no run folder.
    """
    note = store.run()
    results: dict[str, Result] = {}
    failures: dict[str, Failure] = {}
    damage: list[str] = []
    folders = {cell.key: cell.cell for cell in note.cells}
    folders |= {use.key: use.cell for use in note.uses}
    keys = sorted(folders, key=folders.__getitem__)
    for key, cell in zip(
        keys, store.cells(map(folders.__getitem__, keys), noted=False), strict=True
    ):
        damage += [f"{cell.folder}: {what}" for what in cell.damage]
        if cell.result is not None and cell.result.key == key:
            results[key] = cell.result
        if cell.failure is not None and cell.failure.key == key:
            failures[key] = cell.failure
    return Collected(
        note,
        entries_of(note, results, failures),
        tuple(damage),
        results,
        failures,
        recipes(note.uses, lambda key: _inputs(store, folders, key)),
        tuple(repeat_notes([results])),
        nondeterministic([results]),
    )


def entries_of(
    note: RunNote,
    results: Mapping[str, Result],
    failures: Mapping[str, Failure],
    *,
    means: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Mapping[tuple[str, str], Entry]:
    """Return the scores of each method and column, with the columns' metrics.

    ``means`` has the columns with the mean of several metrics instead.
    """
    shown = {column.name: (column.metric,) for column in note.columns}
    metrics: Mapping[str, Sequence[str]] = {**shown, **means}
    needs = {cell.key: cell.needs for cell in note.cells}
    groups: dict[tuple[str, str], list[UseNote]] = {}
    for use in note.uses:
        groups.setdefault((use.method, use.column), []).append(use)
    found = {}
    for place, uses in groups.items():
        names = metrics[place[1]]
        done = {use: results[use.key] for use in uses if _has(results.get(use.key), names)}
        broken = {
            use: _first_failure([use.key, *needs.get(use.key, ())], failures)
            for use in uses
            if use not in done
        }
        found[place] = _entry(uses, done, broken, metrics=names)
    return found


def _inputs(store: Store, folders: Mapping[str, str], key: str) -> Mapping[str, JsonValue] | None:
    """Return the inputs of a cell; None where no record holds them."""
    note = store.note(folders[key]) if key in folders else None
    return note.inputs if note is not None and note.key == key else None


def _entry(
    uses: Sequence[UseNote],
    done: Mapping[UseNote, Result],
    broken: Mapping[UseNote, tuple[Status, str] | None],
    *,
    metrics: Sequence[str],
) -> Entry:
    scores = {use: fmean(result.scores[name] for name in metrics) for use, result in done.items()}
    by_seed = {use: (use.meta_seed, use.finetune_seed, use.draw or 0) for use in uses}
    by_draw = {
        use: (use.draw, use.meta_seed, use.finetune_seed) for use in uses if use.draw is not None
    }
    failed = [failure for failure in broken.values() if failure is not None]
    return Entry(
        values=_means(scores, by_seed),
        planned=len({use.meta_seed for use in uses}),
        runs=len(uses),
        missing=sum(broken[use] is None and not use.unavailable for use in broken),
        failures=Counter(status for status, _ in failed if status != "unavailable"),
        unavailable=_unavailable(uses, failed),
        collapsed=sum(result.collapsed for result in done.values()),
        shared=max((result.overlap.get("both", 0) for result in done.values()), default=0),
        scored_rows=max((result.scored_rows or 0 for result in done.values()), default=0),
        keys=frozenset(use.key for use in uses),
        collapsed_seeds=frozenset(
            use.meta_seed for use, result in done.items() if result.collapsed
        ),
        tunings=len({use.finetune_seed for use in uses}),
        draws=_means(scores, by_draw) if are_crossed(uses) else {},
    )


def _means(
    scores: Mapping[UseNote, float], seeds: Mapping[UseNote, tuple[int, ...]]
) -> Mapping[int, float]:
    return seed_means(
        {key: scores[use] for use, key in seeds.items() if use in scores}, seeds.values()
    )


def are_crossed(uses: Collection[UseNote]) -> bool:
    """Return whether draws are no pairs, each with a meta seed of its own."""
    pairs = {(use.meta_seed, use.draw) for use in uses}
    metas, draws = (len({pair[side] for pair in pairs}) for side in (0, 1))
    return metas == 1 or len(pairs) > draws


def _has(result: Result | None, metrics: Sequence[str]) -> bool:
    return result is not None and all(name in result.scores for name in metrics)


def _first_failure(
    keys: Sequence[str], failures: Mapping[str, Failure]
) -> tuple[Status, str] | None:
    """Return status and message of the cell's own failure, else of one that it needs."""
    for key in keys:
        failure = failures.get(key)
        if failure is not None and failure.status != "interrupted":  # that is still to be made
            return failure.status, failure.message
    return None


def _unavailable(uses: Sequence[UseNote], failures: Sequence[tuple[Status, str]]) -> str:
    planned = [use.unavailable for use in uses]
    found = [message for status, message in failures if status == "unavailable"]
    return next((reason for reason in [*planned, *found] if reason), "")


def seed_means(
    scores: Mapping[tuple[int, ...], float], planned: Collection[tuple[int, ...]]
) -> Mapping[int, float]:
    """Return the mean score of each meta seed over its fine-tuning seeds and draws.

    Args:
        scores: score by (meta seed, fine-tuning seed), further seeds behind them.
        planned: every requested key; a meta seed without all of its scores has no mean.
    """
    nested: dict[int, list[tuple[int, ...]]] = {}
    for seeds in sorted(planned):
        nested.setdefault(seeds[0], []).append(seeds)
    return {
        meta: fmean([scores[seeds] for seeds in group])
        for meta, group in nested.items()
        if all(seeds in scores for seeds in group)
    }
