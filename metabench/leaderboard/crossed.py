"""Differences with a second interval, over meta seeds, draws and evaluation examples together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from metabench.api.leaderboard import Difference, Leaderboard, LeaderboardRow
from metabench.errors import StoreError
from metabench.leaderboard.columns import AVERAGE
from metabench.leaderboard.conclusion.wording import points, title
from metabench.leaderboard.statistics.crossed import crossed_half_width, pseudo_values
from metabench.leaderboard.statistics.design import FEWEST_DRAWS, components
from metabench.metrics.compute import clipped
from metabench.metrics.provider import metabench_metrics
from metabench.plugin.target import load_target
from metabench.quantities import percent
from metabench.results.collect import Collected, are_crossed
from metabench.results.predictions import read_predictions
from metabench.store.records.cell import Result
from metabench.store.records.run import UseNote
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]
    Values: TypeAlias = Mapping[tuple[int, int], Array]
    Known: TypeAlias = Callable[[str, str], Values | None]

__all__ = ["values_by", "with_crossed_intervals"]


def with_crossed_intervals(
    board: Leaderboard, stores: Sequence[Store], collected: Collected
) -> Leaderboard:
    """Return a leaderboard whose differences have a crossed interval, where it is known.

    It requires the predictions of every run behind a score, all on the same examples, and a
    built-in metric; other columns stay without one.

    Args:
        board: the leaderboard.
        stores: the run folders.
        collected: their values, merged.
    """

    @cache
    def known(method: str, column: str) -> Values | None:
        return values_by(stores, collected, method, column)

    targets = [note.name for note in collected.note.columns if note.role == "target"]
    shown = [column.name for column in board.columns if column.role == "target"]
    averaged = targets if targets == shown and not collected.note.averaged else []
    rows = tuple(_row(row, board, known, averaged) for row in board.rows)
    said = _said(replace(board, rows=rows))
    return replace(board, rows=rows, explanation=f"{board.explanation} {said}".strip())


def _said(board: Leaderboard) -> str:
    """Return the intervals in words, those to the first baseline on the average or first column."""
    roles = [column.role for column in board.columns]
    index = roles.index(AVERAGE) if AVERAGE in roles else 0
    column = board.columns[index]
    found = [
        f"{row.method} {points(low, column).partition(' ')[0]} to {points(high, column)}"
        for row in board.rows
        if board.baselines
        and (difference := row.scores[index].difference(board.baselines[0])) is not None
        and difference.crossed is not None
        for low, high in [difference.crossed]
    ]
    if not found:
        return ""
    draws = any(len(row.scores[index].draws) >= FEWEST_DRAWS for row in board.rows)
    over = "meta seeds, draws" if draws else "meta seeds"
    return (
        f"Over {over} and evaluation examples together, taken for samples, the"
        f" {percent(1 - board.alpha)} % confidence intervals of the difference to"
        f" {board.baselines[0]} on the {title(column)} are: {'; '.join(found)}."
    )


def _row(
    row: LeaderboardRow, board: Leaderboard, known: Known, averaged: Sequence[str]
) -> LeaderboardRow:
    scores = []
    for column, score in zip(board.columns, row.scores, strict=True):
        names = averaged if column.role == AVERAGE else [column.name]
        found = tuple(
            replace(each, crossed=_interval(row.method, each, names, known, alpha=board.alpha))
            for each in score.differences
        )
        scores.append(replace(score, differences=found))
    return replace(row, scores=tuple(scores))


def _interval(
    method: str, difference: Difference, columns: Sequence[str], known: Known, *, alpha: float
) -> tuple[float, float] | None:
    import numpy as np  # noqa: PLC0415  (start-up time)

    tasks = []
    for column in columns if difference.interval is not None else ():
        ours, theirs = known(method, column), known(difference.baseline, column)
        if ours is None or theirs is None:
            return None
        places = sorted(ours.keys() & theirs.keys())
        seeds, draws = (len({place[at] for place in places}) for at in (0, 1))
        if (
            seeds != difference.n
            or len(places) != seeds * draws
            or len({len(one[place]) for one in (ours, theirs) for place in places}) > 1
        ):
            return None
        values = np.stack([ours[place] - theirs[place] for place in places])
        tasks.append(values.reshape(seeds, draws, -1))
    half = _half_width(tasks, alpha=alpha) if tasks else None
    return None if half is None else (difference.mean - half, difference.mean + half)


def _half_width(tasks: Sequence[Array], *, alpha: float) -> float | None:
    """Return that of [seeds, draws, examples]; below five draws they are taken as given."""
    seeds, draws, _ = tasks[0].shape
    if draws < FEWEST_DRAWS or len({values.shape[1] for values in tasks}) > 1:
        return crossed_half_width([values.mean(axis=1) for values in tasks], alpha=alpha)
    return components(tasks).half_width(seeds, draws, alpha=alpha) or None


def values_by(
    stores: Sequence[Store], collected: Collected, method: str, column: str
) -> Mapping[tuple[int, int], Array] | None:
    """Return pseudo-values [examples] by meta seed and draw, the mean over fine-tuning seeds.

    The draw is 0 without shots, and where each meta seed has a draw of its own. None where a run's
    values cannot be had.

    Args:
        stores: the run folders.
        collected: their values, merged.
        method: the method.
        column: name of the column.
    """
    import numpy as np  # noqa: PLC0415  (start-up time)

    note = next(each for each in collected.note.columns if each.name == column)
    uses = [use for use in collected.note.uses if (use.method, use.column) == (method, column)]
    crossed = are_crossed(uses)
    places: dict[tuple[int, int], list[Array]] = {}
    first: Any = None
    for use in uses:
        if use.key not in collected.results:
            continue
        found = _pseudo_values(stores, collected.results[use.key], use, note.metric)
        if found is None:
            return None
        labels, values = found
        first = labels if first is None else first
        if not np.array_equal(labels, first):
            return None
        place = use.meta_seed, (use.draw or 0) if crossed else 0
        places.setdefault(place, []).append(values)
    return {place: np.mean(values, axis=0) for place, values in places.items()}


def _pseudo_values(
    stores: Sequence[Store], result: Result, use: UseNote, metric: str
) -> tuple[Any, Array] | None:
    """Return the labels and the pseudo-values of a run; None where they cannot be had.

    A record is not trusted: its metric is one of metabench's own, and gives the recorded score.
    """
    for store in stores:
        note = store.note(use.cell)
        if note is not None and note.key == use.key:
            try:
                named: Any = note.inputs["metrics"]
                function = _own_metric(named[metric]["target"])
                labels, outputs = read_predictions(store, use.cell, result)
                outputs = clipped(outputs, named[metric].get("bounds"))
                again = function(labels, outputs)
                if math.isclose(again, result.scores[metric], rel_tol=1e-6, abs_tol=1e-9):
                    return labels, pseudo_values(function, labels, outputs)
            except (StoreError, ArithmeticError, LookupError, TypeError, ValueError):
                return None
    return None


def _own_metric(target: object) -> Any:
    """Return one of metabench's own metrics; ``LookupError`` for any other target."""
    own = {info.target: info.target for info in metabench_metrics()}
    return load_target(own[str(target)])
