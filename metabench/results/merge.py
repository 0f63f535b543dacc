"""Several runs in one comparison: the same columns, the methods of all, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, final

from metabench.errors import UsageError
from metabench.results.collect import Collected, entries_of
from metabench.results.repeats import nondeterministic, repeat_notes
from metabench.store.records.cell import Failure, Result
from metabench.store.records.published import first_of_each
from metabench.store.records.run import ColumnNote, PlannedCell, RunNote, UseNote

__all__ = ["merge"]

_Record = TypeVar("_Record", Result, Failure)
_Place = tuple[str, int, int, int | None]


@final
@dataclass
class _Row:
    """A method as it was planned in the runs so far.

    Args:
        keys: key by (column, meta seed, fine-tuning seed, draw).
        recipes: hash of all settings but the seeds, by column.
        starts: keys of the cells that those of a meta seed need.
    """

    keys: dict[_Place, str] = field(default_factory=dict)
    recipes: dict[str, str] = field(default_factory=dict)
    starts: dict[int, set[str]] = field(default_factory=dict)

    def is_same(self, other: _Row) -> bool:
        """Return whether both are one method: one recipe, as far as recorded."""
        shared = self.keys.keys() & other.keys.keys()
        columns = _columns_of(self) & _columns_of(other)
        apart = columns - {place[0] for place in shared}
        if any(self.keys[place] != other.keys[place] for place in shared):
            return False
        if any(self.recipes.get(name, name) != other.recipes.get(name) for name in apart):
            return False
        seeds = set() if columns else self.starts.keys() & other.starts.keys()
        return all(self.starts[seed] == other.starts[seed] for seed in seeds)

    def add(self, other: _Row) -> None:
        self.keys.update(other.keys)
        self.recipes.update(other.recipes)
        for seed, keys in other.starts.items():
            self.starts.setdefault(seed, set()).update(keys)


def merge(runs: Sequence[Collected]) -> Collected:
    """Return one value for several runs; settings such as baselines are those of the first.

    Methods are merged if their cells are the same, or the same except for seeds: so a benchmark
    that was run in parts, on several machines, is complete again. Different methods of one name are
    called ``method (run)``. A cell of two runs counts once, as in the first.

    Raises:
        UsageError: smoke runs are mixed with others, or a column differs between two runs.
    """
    if len(runs) == 1:
        return runs[0]
    if len({run.note.smoke for run in runs}) > 1:
        raise UsageError(
            "a smoke run is never a result and cannot be compared with one",
            hint="leave out the folders that end in .smoke",
        )
    columns = _columns(runs)
    rows: dict[str, _Row] = {}
    uses: dict[tuple[str, _Place], UseNote] = {}
    recipes: dict[tuple[str, str], str] = {}
    for run in runs:
        for method in run.note.methods:
            name = _add(rows, _row(run, method), _wanted(rows, method, run.note.name))
            for use in run.note.uses:
                if use.method == method:
                    renamed = use.model_copy(update={"method": name})
                    uses.setdefault((name, _place(use)), renamed)
            recipes.update({(name, column): text for column, text in rows[name].recipes.items()})
    note = _note(runs, columns, tuple(rows)).model_copy(update={"uses": tuple(uses.values())})
    results = _first_done([run.results for run in runs])
    failures = _first_done([run.failures for run in runs])
    damage = tuple(what for run in runs for what in run.damage)
    entries = entries_of(note, results, failures)
    notes = tuple(repeat_notes([run.results for run in runs]))
    return Collected(
        note,
        entries,
        damage,
        results,
        failures,
        recipes,
        notes,
        nondeterministic([run.results for run in runs]),
    )


def _columns(runs: Sequence[Collected]) -> tuple[ColumnNote, ...]:
    found: dict[str, ColumnNote] = {}
    for run in runs:
        for column in run.note.columns:
            first = found.setdefault(column.name, column)
            if first != column:
                raise UsageError(
                    f"{column.name!r} is not the same in {runs[0].note.name!r} and"
                    f" {run.note.name!r}: other examples, another metric or another role",
                    hint="compare these runs one by one",
                )
    return tuple(sorted(found.values(), key=lambda column: column.role))


def _columns_of(row: _Row) -> set[str]:
    return {place[0] for place in row.keys}


def _place(use: UseNote) -> _Place:
    return use.column, use.meta_seed, use.finetune_seed, use.draw


def _row(run: Collected, method: str) -> _Row:
    needs = {cell.key: cell.needs for cell in run.note.cells}
    row = _Row()
    for use in run.note.uses:
        if use.method == method:
            row.keys[_place(use)] = use.key
            row.starts.setdefault(use.meta_seed, set()).update(needs.get(use.key, ()))
    row.recipes = {column: text for (who, column), text in run.recipes.items() if who == method}
    return row


def _wanted(rows: Mapping[str, _Row], method: str, run: str) -> tuple[str, ...]:
    first = f"{method} ({run})"
    return (method, first, *(f"{method} ({run}, {number})" for number in range(2, len(rows) + 3)))


def _add(rows: dict[str, _Row], row: _Row, names: Sequence[str]) -> str:
    """Add a method to its equal, under the first name that is free or equal."""
    name = next(name for name in names if name not in rows or rows[name].is_same(row))
    rows.setdefault(name, _Row()).add(row)
    return name


def _first_done(runs: Sequence[Mapping[str, _Record]]) -> Mapping[str, _Record]:
    found: dict[str, _Record] = {}
    for records in runs:
        for key, record in records.items():
            first = found.setdefault(key, record)
            if (record.provenance.ended, record.provenance.started) < (
                first.provenance.ended,
                first.provenance.started,
            ):
                found[key] = record
    return found


def _note(
    runs: Sequence[Collected], columns: tuple[ColumnNote, ...], methods: tuple[str, ...]
) -> RunNote:
    first = runs[0].note
    notes = [run.note for run in runs]
    cells: dict[str, PlannedCell] = {}
    for cell in (cell for note in notes for cell in note.cells):
        cells.setdefault(cell.key, cell)
    whole = {
        "name": " + ".join(dict.fromkeys(note.name for note in notes)),
        "smoke": first.smoke,
        "overrides": tuple(dict.fromkeys(item for note in notes for item in note.overrides)),
        "methods": methods,
        "columns": columns,
        "uses": (),
        "cells": tuple(cells.values()),
        "only": tuple(dict.fromkeys(item for note in notes for item in note.only)),
        "baselines": first.baselines,
        "alpha": first.alpha,
        "notes": tuple(dict.fromkeys(text for note in notes for text in note.notes)),
        "published": first_of_each(table for note in notes for table in note.published),
        "metrics": tuple(dict.fromkeys(metric for note in notes for metric in note.metrics)),
        "spec_hash": "+".join(dict.fromkeys(note.spec_hash for note in notes if note.spec_hash)),
        "texts": {},
        "provenance": None,
    }
    return first.model_copy(update=whole)
