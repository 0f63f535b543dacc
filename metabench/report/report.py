"""From run folders and their leaderboard to the report as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from metabench.api.leaderboard import Leaderboard, LeaderboardScore
from metabench.api.report import (
    CostPlot,
    CostPoint,
    Curve,
    FractionPlot,
    FractionPoint,
    FractionSeries,
    Report,
    ScalarPlot,
    SeedCurve,
    TaskMix,
    TaskShare,
)
from metabench.leaderboard.statistics.summary import student_interval
from metabench.report.facts import facts
from metabench.report.figures.curves import LOSSES
from metabench.report.figures.values import column_name
from metabench.report.sheets.settings import settings
from metabench.report.sheets.tasks import tasks
from metabench.results.collect import Collected
from metabench.results.history import LossCurve, MetaHistory, meta_histories
from metabench.results.score_lines import column_sizes
from metabench.results.tuning import TuningHistory, tuning_histories
from metabench.store.records.run import ColumnNote
from metabench.store.run_folder import Store

__all__ = ["build_report"]

_FEWEST_PARTS = 2


def build_report(stores: Sequence[Store], collected: Collected, board: Leaderboard) -> Report:
    """Return a leaderboard with the series of its figures.

    Args:
        stores: the run folders.
        collected: their values, merged.
        board: their leaderboard.
    """
    histories = meta_histories(stores, collected)
    shown = {row.method: histories.get(row.method, ()) for row in board.rows}
    return Report(
        leaderboard=board,
        curves=tuple(_curves(shown, _mixed_loss)),
        fractions=tuple(_fractions(board, collected)),
        cost=_cost(board),
        mixes=_mixes(shown),
        scalars=(*_scalars(shown), *_tuning_scalars(board, tuning_histories(stores, collected))),
        facts=facts(collected),
        sheets=(*tasks(stores, collected), *settings(stores)),
        notes=tuple(
            f"{damage.partition(chr(10))[0]}; the cell counts as not run"
            for damage in collected.damage
        ),
    )


def _scalars(histories: Mapping[str, Sequence[MetaHistory]]) -> Iterator[ScalarPlot]:
    names = {name for runs in histories.values() for run in runs for name in run.scalars}
    for name in sorted(names):
        yield ScalarPlot(name, tuple(_curves(histories, partial(_scalar, name))))


def _tuning_scalars(
    board: Leaderboard, histories: Mapping[str, Sequence[TuningHistory]]
) -> Iterator[ScalarPlot]:
    names = {name for runs in histories.values() for run in runs for name in run.scalars}
    for name in sorted(names):
        curves = (
            Curve(row.method, column_name(column), seeds)
            for row in board.rows
            for column in board.columns
            if (seeds := _tunings(histories.get(row.method, ()), column.name, name))
        )
        yield ScalarPlot(name, tuple(curves), "adapt")


def _tunings(runs: Sequence[TuningHistory], column: str, name: str) -> tuple[SeedCurve, ...]:
    return tuple(
        SeedCurve(run.seed, run.scalars[name].width, run.scalars[name].points)
        for run in runs
        if run.column == column and name in run.scalars
    )


def _mixed_loss(run: MetaHistory) -> LossCurve | None:
    """Return the loss of all tasks, unless it has parts with separate curves."""
    return None if run.scalars.keys() >= LOSSES.keys() else run.losses


def _scalar(name: str, run: MetaHistory) -> LossCurve | None:
    return run.scalars.get(name)


def _curves(
    histories: Mapping[str, Sequence[MetaHistory]], told: Callable[[MetaHistory], LossCurve | None]
) -> Iterator[Curve]:
    for method, runs in histories.items():
        for target in dict.fromkeys(run.target for run in runs):
            seeds = tuple(
                SeedCurve(run.seed, curve.width, curve.points)
                for run in runs
                if run.target == target and (curve := told(run)) is not None
            )
            if seeds:
                yield Curve(method, target, seeds)


def _mixes(histories: Mapping[str, Sequence[MetaHistory]]) -> tuple[TaskMix, ...]:
    found: dict[TaskMix, list[str]] = {}
    for method, runs in histories.items():
        for target in dict.fromkeys(run.target for run in runs):
            mix = _mix([run for run in runs if run.target == target and run.draws])
            if mix is not None:
                found.setdefault(mix, []).append(method)
    return tuple(
        TaskMix(tuple(methods), mix.target, mix.sampler, mix.seeds, mix.shares)
        for mix, methods in found.items()
    )


def _mix(runs: Sequence[MetaHistory]) -> TaskMix | None:
    """Return the tasks drawn in runs of one method, without its name; None without any."""
    if not runs:
        return None
    tasks = sorted({task for run in runs for task in (*run.draws, *run.rows)})
    rows = runs[0].rows
    total = sum(rows.values())
    shares = tuple(
        TaskShare(
            task,
            sum(run.draws.get(task, 0) for run in runs),
            rows[task] / total if task in rows and total else None,
        )
        for task in tasks
    )
    seeds = tuple(sorted({run.seed for run in runs}))
    return TaskMix((), runs[0].target, runs[0].sampler, seeds, shares)


def _fractions(board: Leaderboard, collected: Collected) -> Iterator[FractionPlot]:
    rows = column_sizes(collected)
    groups: dict[str, list[ColumnNote]] = {}
    names = [column.name for column in board.columns]
    for note in collected.note.columns:
        if note.name in names and note.name in rows:
            groups.setdefault(note.task, []).append(note)
    for notes in groups.values():
        notes.sort(key=lambda note: rows[note.name])
        places = {names.index(note.name): rows[note.name] for note in notes}
        series = [
            FractionSeries(
                row.method,
                tuple(_points({count: row.scores[at] for at, count in places.items()}, board)),
            )
            for row in board.rows
        ]
        column = board.columns[names.index(notes[0].name)]
        if len(set(places.values())) >= _FEWEST_PARTS:
            drawn = tuple(one for one in series if one.points)
            yield FractionPlot(column.title, column.metric, column.percent, drawn)


def _points(scores: Mapping[int, LeaderboardScore], board: Leaderboard) -> Iterator[FractionPoint]:
    for rows, score in scores.items():
        if score.mean is not None:
            yield FractionPoint(rows, score.mean, _interval(score, board.alpha), score.n)


def _cost(board: Leaderboard) -> CostPlot | None:
    """Return quality against cost; the quality is the average, else the first column."""
    roles = [column.role for column in board.columns]
    index = roles.index("average") if "average" in roles else 0
    points = [
        CostPoint(
            row.method,
            row.cost.device_seconds,
            score.mean,
            _interval(score, board.alpha),
            score.n,
        )
        for row in board.rows
        for score in row.scores[index : index + 1]
        if row.cost is not None and row.cost.device_seconds > 0 and score.mean is not None
        if not ("/" in score.status and roles[index] == "average")
    ]
    return CostPlot(board.columns[index], tuple(points)) if points else None


def _interval(score: LeaderboardScore, alpha: float) -> tuple[float, float] | None:
    """Return the Student t interval of a mean, None below three seeds."""
    return student_interval([value for _, value in score.seeds], alpha=alpha)
