"""Metrics that are of one of two classes."""

from __future__ import annotations

from typing import Final

__all__ = ["OF_ONE_CLASS", "class_metric_problem"]

_OF_TWO = {"f1", "precision", "recall"}
OF_ONE_CLASS: Final = frozenset(_OF_TWO | {"auroc"})
"""Metrics that are of the second of two classes."""


def class_metric_problem(metric: str, classes: int) -> str:
    """Return why a metric does not fit so many classes; nothing where it does."""
    if metric not in _OF_TWO or classes <= 2:  # noqa: PLR2004
        return ""
    others = "'f1_macro', 'f1_micro' or 'f1_weighted'"
    if metric != "f1":
        others = "'balanced_accuracy', which is the mean recall, or 'f1_macro'"
    return f"{metric!r} is that of one of two classes, and there are {classes}; take {others}"
