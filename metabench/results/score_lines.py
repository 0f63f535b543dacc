"""Every score of a run as one line: the long table of CSV, Parquet and pandas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from metabench.results.collect import Collected
    from metabench.store.records.cell import Result
    from metabench.store.records.run import UseNote

__all__ = ["ScoreLine", "column_sizes", "score_lines"]


@final
@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One score, or one planned score that is missing.

    Args:
        benchmark: name of the benchmark.
        smoke: whether it is a smoke run, which is never a result.
        method: the method.
        column: name of the leaderboard's column; unique for a task and a size.
        task: name of the task.
        role: ``target`` or ``transfer``.
        size: training examples; None while no cell of the column is done.
        meta_seed: the meta seed.
        finetune_seed: the fine-tuning seed, nested in the meta seed.
        draw: the draw of a few-shot training set; None without shots.
        metric: name of the metric.
        primary: whether the leaderboard shows this metric.
        score: the score on the metric's own scale; None where there is none.
        status: ``ok``, why the cell failed, ``missing`` or ``unavailable``.
        collapsed: whether the run predicts a single class.
        evaluated: evaluation examples.
        updates: updates of fine-tuning.
        examples: processed training examples.
        wall_seconds: time that fine-tuning took.
        cpu_seconds: CPU time of the process.
        cell: folder of the cell.
        key: key of the cell.
        metabench: version of metabench that computed it.
        torch: version of torch.
        device: name of the device.
        ended: when it was done, ISO time in UTC.
    """

    benchmark: str
    smoke: bool
    method: str
    column: str
    task: str
    role: str
    size: int | None
    meta_seed: int
    finetune_seed: int
    draw: int | None
    metric: str
    primary: bool
    score: float | None
    status: str
    collapsed: bool | None = None
    evaluated: int | None = None
    updates: int | None = None
    examples: int | None = None
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    cell: str = ""
    key: str = ""
    metabench: str = ""
    torch: str = ""
    device: str = ""
    ended: str = ""


def score_lines(collected: Collected) -> Iterator[ScoreLine]:
    """Yield a line for each planned score and metric, in the order of the benchmark file.

    A planned score without a result has one line, of the primary metric and without a score.
    """
    columns = {column.name: column for column in collected.note.columns}
    sizes = column_sizes(collected)
    for use in collected.note.uses:
        column, result = columns[use.column], collected.results.get(use.key)
        scores: Mapping[str, float | None] = {} if result is None else dict(result.scores)
        status = _status(collected, use)
        facts = {} if result is None else _facts(result)
        for metric in dict.fromkeys((column.metric, *scores)):
            yield ScoreLine(
                benchmark=collected.note.name,
                smoke=collected.note.smoke,
                method=use.method,
                column=use.column,
                task=column.task,
                role=column.role,
                size=sizes.get(use.column),
                meta_seed=use.meta_seed,
                finetune_seed=use.finetune_seed,
                draw=use.draw,
                metric=metric,
                primary=metric == column.metric,
                score=scores.get(metric),
                status=status,
                cell=use.cell,
                key=use.key,
                **facts,
            )


def column_sizes(collected: Collected) -> Mapping[str, int]:
    """Return the training examples of each column that has a result."""
    found: dict[str, int] = {}
    for use in collected.note.uses:
        result = collected.results.get(use.key)
        if result is not None and result.train_rows:
            found.setdefault(use.column, result.train_rows)
    return found


def _status(collected: Collected, use: UseNote) -> str:
    if use.key in collected.results:
        return "ok"
    if use.unavailable:
        return "unavailable"
    failure = collected.failures.get(use.key)
    return failure.status if failure else "missing"


def _facts(result: Result) -> dict[str, Any]:
    return {
        "collapsed": result.collapsed,
        "evaluated": result.scored_rows,
        "updates": result.steps,
        "examples": result.work.examples if result.work else None,
        "wall_seconds": result.wall_seconds,
        "cpu_seconds": result.cpu_seconds,
        "metabench": result.provenance.metabench,
        "torch": result.provenance.versions.get("torch", ""),
        "device": result.provenance.device,
        "ended": result.provenance.ended,
    }
