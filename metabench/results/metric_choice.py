"""Another metric than the primary one, in all columns that have it."""

from __future__ import annotations

from dataclasses import replace

from metabench.errors import UsageError
from metabench.metrics.provider import metabench_metrics
from metabench.results.collect import Collected, entries_of
from metabench.store.records.run import ColumnNote, MetricNote, RunNote
from metabench.suggest import suggest

__all__ = ["with_metric"]


def with_metric(collected: Collected, metric: str | None) -> Collected:
    """Return the values with this metric where it is scored, else with the primary one.

    Raises:
        UsageError: no score of the run has it.
    """
    if metric is None:
        return collected
    having = _having(collected, metric)
    if not having:
        known = {name for result in collected.results.values() for name in result.scores}
        raise UsageError(
            f"no score has a metric {metric!r}{suggest(metric, known)}",
            hint="`metabench show TASK` names the metrics of a task",
        )
    title = _title(collected.note, metric)
    columns = tuple(
        _column(column, title) if column.name in having else column
        for column in collected.note.columns
    )
    note = collected.note.model_copy(update={"columns": columns})
    entries = entries_of(note, collected.results, collected.failures)
    return replace(collected, note=note, entries=entries)


def _having(collected: Collected, metric: str) -> set[str]:
    results = collected.results
    return {
        use.column
        for use in collected.note.uses
        if use.key in results and metric in results[use.key].scores
    }


def _title(note: RunNote, metric: str) -> MetricNote:
    """Return the run's note on the metric; older records have it in a column."""
    primary = (
        MetricNote(name=column.metric, title=column.metric_title, percent=column.percent)
        for column in note.columns
    )
    named = (found for found in (*note.metrics, *primary) if found.name == metric)
    return next(named, MetricNote(name=metric, title=metric))


def _column(column: ColumnNote, metric: MetricNote) -> ColumnNote:
    chosen = {"metric": metric.name, "metric_title": metric.title, "percent": metric.percent}
    return column.model_copy(update={**chosen, "error": metric.error or metric.name in _errors()})


def _errors() -> set[str]:
    """Return the built-in error metrics; records of 0.1 lack the direction."""
    return {info.name for info in metabench_metrics() if info.error}
