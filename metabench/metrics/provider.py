"""The metrics that ship with metabench, through the same door as anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metabench.api.hooks import hookimpl
from metabench.api.metric import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["METABENCH_API", "metabench_metrics"]

METABENCH_API = 1

_TITLES: Final = {
    "accuracy": "Accuracy",
    "f1": "F1",
    "matthews": "Matthews",
    "pearson": "Pearson",
    "spearman": "Spearman",
}


@hookimpl
def metabench_metrics() -> Sequence[MetricInfo]:
    """Provide accuracy, F1, Matthews, Pearson and Spearman."""
    return tuple(
        MetricInfo(name=name, target=f"metabench.metrics.scores:{name}", title=title)
        for name, title in _TITLES.items()
    )
