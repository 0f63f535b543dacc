"""Several runs in one comparison: the same columns, the rows of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metabench.errors import UsageError
from metabench.results.collect import Collected, Entry
from metabench.results.run_note import ColumnNote, RunNote

__all__ = ["merge"]


def merge(runs: Sequence[Collected]) -> Collected:
    """Return one value for several runs; settings such as baselines are those of the first.

    A method that two runs hold with the same cells is one row; one that differs is called
    ``method (run)``.

    Raises:
        UsageError: smoke runs are to be mixed with others, or a column is not the same thing in
            two runs.
    """
    if len(runs) == 1:
        return runs[0]
    if len({run.note.smoke for run in runs}) > 1:
        raise UsageError(
            "a smoke run is never a result and cannot be compared with one",
            hint="leave out the folders that end in .smoke",
        )
    columns = _columns(runs)
    entries: dict[tuple[str, str], Entry] = {}
    names: list[str] = []
    for run in runs:
        for method in run.note.methods:
            row = {column: entry for (who, column), entry in run.entries.items() if who == method}
            name = _row_name(entries, row, _wanted(names, method, run.note.name))
            names.append(name)
            entries.update({(name, column): entry for column, entry in row.items()})
    note = _note(runs, columns, tuple(dict.fromkeys(names)))
    return Collected(note, entries, tuple(what for run in runs for what in run.damage))


def _columns(runs: Sequence[Collected]) -> tuple[ColumnNote, ...]:
    found: dict[str, ColumnNote] = {}
    for run in runs:
        for column in run.note.columns:
            first = found.setdefault(column.name, column)
            if first != column:
                raise UsageError(
                    f"{column.name!r} is not the same in {runs[0].note.name!r} and"
                    f" {run.note.name!r}: other rows, another metric or another role",
                    hint="compare these runs one by one",
                )
    return tuple(sorted(found.values(), key=lambda column: column.role))


def _wanted(names: Sequence[str], method: str, run: str) -> tuple[str, ...]:
    if method not in names:
        return (method,)
    first = f"{method} ({run})"
    numbered = (f"{method} ({run}, {number})" for number in range(2, len(names) + 3))
    return (method, next(name for name in (first, *numbered) if name not in names))


def _row_name(
    entries: Mapping[tuple[str, str], Entry], row: Mapping[str, Entry], wanted: Sequence[str]
) -> str:
    shared = [column for column in row if (wanted[0], column) in entries]
    same = all(entries[wanted[0], column].keys == row[column].keys for column in shared)
    return wanted[0] if same else wanted[-1]


def _note(
    runs: Sequence[Collected], columns: tuple[ColumnNote, ...], methods: tuple[str, ...]
) -> RunNote:
    first = runs[0].note
    notes = tuple(dict.fromkeys(note for run in runs for note in run.note.notes))
    return RunNote(
        name=" + ".join(dict.fromkeys(run.note.name for run in runs)),
        smoke=first.smoke,
        overrides=tuple(dict.fromkeys(item for run in runs for item in run.note.overrides)),
        methods=methods,
        columns=columns,
        uses=(),
        only=tuple(dict.fromkeys(item for run in runs for item in run.note.only)),
        baselines=first.baselines,
        alpha=first.alpha,
        notes=notes,
    )
