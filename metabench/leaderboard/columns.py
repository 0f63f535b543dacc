"""The columns of a leaderboard and of its average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from metabench.api.leaderboard import LeaderboardColumn
from metabench.errors import UsageError
from metabench.quantities import listed
from metabench.store.records.run import ColumnNote, RunNote
from metabench.suggest import suggest

__all__ = ["AVERAGE", "Choice", "averaged", "averaged_means", "find_column", "shown_columns"]

AVERAGE = "average"
_FEWEST = 2


def shown_columns(notes: Sequence[ColumnNote], choice: Choice) -> tuple[LeaderboardColumn, ...]:
    """Return the columns to show: targets, their average, transfer tasks.

    Raises:
        UsageError: a column that was chosen is not there.
    """
    every = _columns(notes, averaged(notes, choice))
    if not choice.columns:
        return every
    named = {find_column(every, name).name for name in choice.columns}
    targets = sum(column.role == "target" for column in every if column.name in named)
    if targets >= _FEWEST:
        named.add(AVERAGE)
    return tuple(column for column in every if column.name in named)


def averaged(notes: Sequence[ColumnNote], choice: Choice) -> tuple[ColumnNote, ...]:
    """Return the targets that the average is of: those that were chosen, all if none was."""
    targets = [note for note in notes if note.role == "target"]
    every = _columns(notes, targets)
    named = {find_column(every, name).name for name in choice.columns}
    return tuple(note for note in targets if note.name in named) or tuple(targets)


def averaged_means(note: RunNote, columns: Sequence[LeaderboardColumn]) -> str:
    """Return which targets enter the average by several metrics; of those shown, if any is."""
    titles = {metric.name: metric.title for metric in note.metrics}
    shown = {column.name for column in columns if column.role == "target"}
    return ", ".join(
        f"{column.title} enters by the mean of {listed([titles.get(name, name) for name in names])}"
        for column in note.columns
        if (names := note.averaged.get(column.name)) and (not shown or column.name in shown)
    )


def find_column(columns: Sequence[LeaderboardColumn], name: str) -> LeaderboardColumn:
    """Return the column of a name, of a title, or of the last part of a name, such as ``rte``.

    Raises:
        UsageError: there is none, or there are several.
    """
    exact = [column for column in columns if column.name == name]
    wanted = name.casefold()
    loose = [
        column
        for column in columns
        if wanted in {column.name.casefold(), column.title.casefold(), _last_part(column.name)}
    ]
    found = exact or loose
    if len(found) > 1:
        raise UsageError(
            f"column {name!r} is one of several",
            hint=f"choose one of {', '.join(repr(column.name) for column in found)}",
        )
    if not found:
        names = [column.name for column in columns]
        raise UsageError(
            f"there is no column {name!r}{suggest(name, names)}",
            hint="use the name of a task, the title of a column, or average",
        )
    return found[0]


def _last_part(name: str) -> str:
    return name.rpartition("/")[2].casefold()


def _columns(
    notes: Sequence[ColumnNote], targets: Sequence[ColumnNote]
) -> tuple[LeaderboardColumn, ...]:
    shown = [_column(note) for note in notes if note.role == "target"]
    transfers = [_column(note) for note in notes if note.role == "transfer"]
    average = LeaderboardColumn(AVERAGE, AVERAGE, "average", f"mean of {len(targets)} targets")
    has_average = len(targets) >= _FEWEST and all(
        note.percent and not note.error for note in targets
    )
    has_average = has_average and len({note.task for note in targets}) == len(targets)
    return (*shown, *([average] if has_average else []), *transfers)


def _column(note: ColumnNote) -> LeaderboardColumn:
    return LeaderboardColumn(
        name=note.name,
        title=note.title,
        role=note.role,
        metric=note.metric_title,
        label=note.label,
        percent=note.percent,
        error=note.error,
    )


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """The columns and options of a leaderboard; the default is that of the benchmark file.

    Args:
        metric: name of a metric shown instead of the primary one in every column that has it.
        columns: names of the columns to keep; empty for all. The average is over the kept targets;
            name it to keep it.
        alpha: overrides that of the benchmark file.
        allow_missing: average over the available scores, and mark it.
        sort: name of a column (``average`` too), best first; None for the order of the file.
    """

    metric: str | None = None
    columns: tuple[str, ...] = ()
    alpha: float | None = None
    allow_missing: bool = False
    sort: str | None = None
