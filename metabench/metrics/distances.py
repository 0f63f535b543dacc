"""Errors of a regression in the unit of its targets: lower is better.

Labels are [examples], outputs [examples, 1]. Computed by scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["mae", "mse"]


def mse(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the mean squared error, at least 0, in the square of the targets' unit."""
    from sklearn.metrics import mean_squared_error  # noqa: PLC0415  (half a second)

    return float(mean_squared_error(labels.astype("float64"), outputs[:, 0].astype("float64")))


def mae(labels: npt.NDArray[np.generic], outputs: npt.NDArray[np.generic]) -> float:
    """Return the mean absolute error, at least 0, in the targets' unit."""
    from sklearn.metrics import mean_absolute_error  # noqa: PLC0415

    return float(mean_absolute_error(labels.astype("float64"), outputs[:, 0].astype("float64")))
