"""What is registered of each metric: its range, its direction and how it is shown."""

from __future__ import annotations

import math

import pytest

from metabench.metrics.provider import metabench_metrics
from metabench.plugin.target import load_target

SHARES = {
    "accuracy", "auroc", "balanced_accuracy", "f1", "f1_macro", "f1_micro", "f1_weighted",
    "precision", "recall",
}  # fmt: skip
CORRELATIONS = {"matthews", "pearson", "spearman"}
ERRORS = {"mae", "mse"}


def test_no_other_metric_ships_and_none_twice():
    names = [info.name for info in metabench_metrics()]

    assert sorted(names) == sorted(SHARES | CORRELATIONS | ERRORS)


@pytest.mark.parametrize("name", sorted(SHARES | CORRELATIONS | ERRORS))
def test_a_metric_is_described_as_what_it_is(name):
    (info,) = (info for info in metabench_metrics() if info.name == name)
    is_error = info.name in ERRORS
    low = -1.0 if info.name in CORRELATIONS else 0.0

    assert info.range == (low, math.inf if is_error else 1.0)
    assert (info.error, info.percent) == (is_error, not is_error)
    assert info.of == (
        "numbers" if info.name in {"mae", "mse", "pearson", "spearman"} else "classes"
    )
    assert info.title
    assert load_target(info.target).__name__ == info.name
