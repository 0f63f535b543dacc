"""MLflow: a run per cell, on the tracking server that the user has set, or in the run folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, final

from metabench_trackers.ledger import identity
from metabench_trackers.tracked import Step, TrackedCell, TrackedRun, settings

__all__ = ["tracker"]

_MOST = 1000  # metrics of a request
_MOST_PARAMETERS = 100
_LONGEST = 250


def tracker(run: TrackedRun) -> Mlflow:
    """Return the tracker of a run folder."""
    environment = os.environ  # noqa: TID251  (MLflow's settings, where the user has set none)
    environment.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    environment.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    environment.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    return Mlflow(run)


@final
class Mlflow:
    """Runs of MLflow: an experiment per benchmark, a parent run per method, a run per cell.

    Args:
        run: the run folder; without a tracking URI its SQLite store is in ``RUN/mlflow``.
    """

    live = True

    def __init__(self, run: TrackedRun) -> None:
        mlflow: Any = import_module("mlflow")
        place = run.place.path.resolve()
        here = not mlflow.is_tracking_uri_set()
        self.to = f"sqlite:///{place}/mlflow.db" if here else str(mlflow.get_tracking_uri())
        self._client = mlflow.MlflowClient(tracking_uri=self.to)
        self._run, self._identity = run, identity(run.place)
        found = self._client.get_experiment_by_name(run.benchmark)
        self._experiment = (
            found.experiment_id
            if found
            else self._client.create_experiment(
                run.benchmark, artifact_location=(place / "artifacts").as_uri() if here else None
            )
        )
        self._parents: dict[str, str] = {}

    def open(self, cell: TrackedCell) -> MlflowRun:
        """Return the run of a cell, resumed where there is one."""
        tags = {"metabench.method": cell.method, "metabench.group": cell.group}
        if cell.method:
            tags["mlflow.parentRunId"] = self._parent(cell)
        number, is_new = self._find(cell.key, cell.name, tags)
        made = MlflowRun(self._client, number)
        if is_new:
            made.describe({**cell.facts, **settings(cell)})
        return made

    def leaderboard(self, files: Sequence[Path]) -> None:
        """Send the leaderboard as artifacts of a run of this name."""
        number, _ = self._find("leaderboard", "leaderboard", {})
        for file in files:
            self._client.log_artifact(number, str(file))
        for each in (number, *self._parents.values()):
            self._client.set_terminated(each, "FINISHED")

    def close(self) -> None:
        """Do nothing: every call has been answered."""

    def _parent(self, cell: TrackedCell) -> str:
        if cell.method not in self._parents:
            tags = {"metabench.method": cell.method, "metabench.group": cell.group}
            self._parents[cell.method], _ = self._find(f"method {cell.method}", cell.method, tags)
        return self._parents[cell.method]

    def _find(self, cell: str, name: str, tags: Mapping[str, str]) -> tuple[str, bool]:
        """Return the id of a run that is named once in this run folder, and whether it is new."""
        mine = f"{self._identity} {cell}"
        quoted = mine.replace("'", "''")
        found = self._client.search_runs(
            [self._experiment], filter_string=f"tags.`metabench.cell` = '{quoted}'", max_results=1
        )
        if found:
            return str(found[0].info.run_id), False
        all_tags = {**tags, "metabench.cell": mine, "metabench.key": cell}
        made = self._client.create_run(self._experiment, run_name=name, tags=all_tags)
        return str(made.info.run_id), True


@final
class MlflowRun:
    """A cell's run; its last step is what the server has."""

    def __init__(self, client: Any, number: str) -> None:
        self._client, self._number = client, number
        self._entities: Any = import_module("mlflow.entities")
        names = client.get_run(number).data.metrics
        steps = (
            metric.step for name in names for metric in client.get_metric_history(number, name)
        )
        self.last = max(steps, default=0)

    def describe(self, facts: Mapping[str, object]) -> None:
        """Send what the cell is, as parameters."""
        make = self._entities.Param
        values = [make(name, str(value)[:_LONGEST]) for name, value in facts.items()]
        for first in range(0, len(values), _MOST_PARAMETERS):
            self._client.log_batch(self._number, params=values[first : first + _MOST_PARAMETERS])

    def log(self, steps: Sequence[Step]) -> None:
        """Send steps, none of them in two requests."""
        now = _now()
        request: list[Any] = []
        for step in steps:
            metrics = [self._metric(item, now, step.number) for item in step.scalars.items()]
            if len(request) + len(metrics) > _MOST:
                self._client.log_batch(self._number, metrics=request)
                request = []
            request.extend(metrics)
        if request:
            self._client.log_batch(self._number, metrics=request)

    def finish(self, status: str, scores: Mapping[str, float]) -> None:
        """Send the scores, and end the run."""
        now = _now()
        known = self._client.get_run(self._number).data.metrics
        named = {f"score/{name}": value for name, value in scores.items()}
        new = [
            self._metric(item, now, 0) for item in named.items() if known.get(item[0]) != item[1]
        ]
        if new:
            self._client.log_batch(self._number, metrics=new)
        self._client.set_tag(self._number, "metabench.status", status)
        self._client.set_terminated(self._number, "FINISHED" if status == "ok" else "FAILED")

    def _metric(self, item: tuple[str, float], now: int, step: int) -> Any:
        return self._entities.Metric(item[0], item[1], now, step)


def _now() -> int:
    """Return the time in milliseconds, as MLflow counts it."""
    return int(datetime.now(UTC).timestamp() * 1000)
