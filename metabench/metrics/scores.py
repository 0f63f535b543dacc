"""The scores of GLUE: labels and outputs in, one number out.

Each function documents its undefined cases. Labels are [examples]; outputs are [examples, classes],
or [examples, 1] for regression. Of equal outputs the first class is predicted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["accuracy", "constant", "f1", "matthews", "pearson", "spearman"]


def accuracy(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the share of examples whose highest output is their label, in [0, 1]."""
    from sklearn.metrics import accuracy_score  # noqa: PLC0415  (half a second)

    return float(accuracy_score(labels, outputs.argmax(axis=1)))


def f1(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the F1 of class 1, in [0, 1]; 0.0 where class 1 is in neither labels nor predictions.

    Source: Wang et al. 2019, for MRPC and QQP; class 1 means that two texts are paraphrases.
    """
    from sklearn.metrics import f1_score  # noqa: PLC0415  (half a second)

    predicted = outputs.argmax(axis=1)
    return float(f1_score(labels == 1, predicted == 1, zero_division=0.0))


def matthews(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return Matthews' correlation, in [-1, 1]; 0.0 where labels or predictions are one class."""
    from sklearn.metrics import matthews_corrcoef  # noqa: PLC0415  (half a second)

    predicted = outputs.argmax(axis=1)
    if constant(labels) or constant(predicted):
        return 0.0
    return float(matthews_corrcoef(labels, predicted))


def pearson(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return Pearson's correlation, in [-1, 1]; 0.0 where labels or outputs are constant.

    Numbers that differ by rounding alone (1e-6 of their size) count as constant.
    """
    from scipy.stats import pearsonr  # noqa: PLC0415  (half a second)

    one, two = labels.astype("float64"), outputs[:, 0].astype("float64")
    if constant(one) or constant(two):
        return 0.0
    return float(pearsonr(one, two).statistic)


def spearman(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return Spearman's rank correlation, in [-1, 1]; 0.0 where labels or outputs are constant.

    Numbers that differ by rounding alone (1e-6 of their size) count as constant.
    """
    from scipy.stats import spearmanr  # noqa: PLC0415  (half a second)

    one, two = labels.astype("float64"), outputs[:, 0].astype("float64")
    if constant(one) or constant(two):
        return 0.0
    return float(spearmanr(one, two).statistic)


def constant(values: npt.NDArray[np.generic]) -> bool:
    """Return whether all values [examples] are equal up to rounding (1e-6 of their size)."""
    spread = float(values.max()) - float(values.min())
    return spread <= 1e-6 * float(abs(values).max())
