"""Weights & Biases and MLflow as observers of runs: ``metabench run FILE --observer wandb``.

A tracker works in a separate process that follows the run folder, so that it can neither slow a
cell nor fail with it. What it is sent are the lines of ``metrics.jsonl``, which has each step once.

Modules and packages, in the order in which data passes through:

    observer: the observer: starts the process, names the cells, reports a failure once
    __main__: the process
    follower: from the run folder to the tracker: each cell, each step once
    tracked: a run folder, its cells and steps, as trackers show them
    place: a tracker's folder in a run folder, where it writes
    ledger: the cells that a tracker has, whole
    tracker: what each tracker does
    wandb_runs: Weights & Biases
    mlflow_runs: MLflow
    redaction: an error in one line without secrets
"""

from __future__ import annotations

from metabench.api import ObserverInfo, hookimpl

__all__ = ["METABENCH_API", "metabench_observers"]

METABENCH_API = 1


@hookimpl
def metabench_observers() -> list[ObserverInfo]:
    """Provide ``wandb`` and ``mlflow``."""
    return [
        ObserverInfo(
            name="wandb",
            target="metabench_trackers.observer:wandb",
            summary="writes a Weights & Biases run per cell below RUN/wandb, offline",
        ),
        ObserverInfo(
            name="mlflow",
            target="metabench_trackers.observer:mlflow",
            summary="writes an MLflow run per cell to your server, or to RUN/mlflow",
        ),
    ]
