"""The metrics that ship with metabench, through the same door as anybody's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from metabench.api.hooks import hookimpl
from metabench.api.metric import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["METABENCH_API", "metabench_metrics"]

METABENCH_API = 1

_TITLES: Final = {
    "scores": {
        "accuracy": "Accuracy",
        "f1": "F1",
        "matthews": "Matthews",
        "pearson": "Pearson",
        "spearman": "Spearman",
    },
    "classes": {
        "auroc": "AUROC",
        "balanced_accuracy": "Balanced accuracy",
        "f1_macro": "Macro F1",
        "f1_micro": "Micro F1",
        "f1_weighted": "Weighted F1",
        "precision": "Precision",
        "recall": "Recall",
    },
    "distances": {"mae": "MAE", "mse": "MSE"},
}
"""Titles by module; the modules are apart because a cell's key holds the hash of its metrics'."""

_OF_NUMBERS: Final = {"mae", "mse", "pearson", "spearman"}
_CORRELATIONS: Final = {"matthews", "pearson", "spearman"}


@hookimpl
def metabench_metrics() -> Sequence[MetricInfo]:
    """Provide the scores of GLUE, those of classes, and the errors of a regression."""
    return tuple(
        MetricInfo(
            name=name,
            target=f"metabench.metrics.{module}:{name}",
            title=title,
            percent=module != "distances",
            error=module == "distances",
            range=_range(name, module),
            of="numbers" if name in _OF_NUMBERS else "classes",
        )
        for module, titles in _TITLES.items()
        for name, title in titles.items()
    )


def _range(name: str, module: str) -> tuple[float, float]:
    if module == "distances":
        return 0.0, math.inf
    return (-1.0 if name in _CORRELATIONS else 0.0), 1.0
