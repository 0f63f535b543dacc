"""The metrics that fit the labels of a custom task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.tasks.own.metrics import class_metric_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.plugin.catalog import Catalog
    from metabench.spec.model.own_task import OwnTaskSpec

__all__ = ["metric_problems", "own_metrics"]

_RANKED = (
    "cannot be the score, the first metric: its best is the smallest, and a leaderboard ranks by"
    " the largest; name 'pearson' first"
)


def own_metrics(task: OwnTaskSpec) -> tuple[str, ...]:
    """Return the metrics of a task, the first of which is the score."""
    return task.metrics or (("pearson",) if task.kind == "regression" else ("accuracy",))


def metric_problems(task: OwnTaskSpec, catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Yield the problems of a task's metrics, each with its key."""
    known = {name: offer.value for name, offer in catalog.metrics.items()}
    wrong = "classes" if task.kind == "regression" else "numbers"
    for metric in task.metrics:
        if metric in known and known[metric].of == wrong:
            default = own_metrics(task.model_copy(update={"metrics": ()}))[0]
            yield "metrics", f"{metric!r} is not for {task.kind}; {default!r} is"
        problem = class_metric_problem(metric, len(task.classes))
        if problem:
            yield "metrics", problem
    if task.metrics and task.metrics[0] in known and known[task.metrics[0]].error:
        yield "metrics", f"{task.metrics[0]!r} {_RANKED}"
