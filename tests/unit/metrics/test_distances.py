"""Errors are in the unit of the targets."""

from __future__ import annotations

import numpy as np
import pytest

from metabench.metrics import distances

LABELS = np.array([1.0, 2.0, 4.0])
OUTPUTS = np.array([[1.5], [2.0], [1.0]], dtype=np.float32)


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_errors_are_the_means_of_differences(unit):
    assert distances.mae(LABELS * unit, OUTPUTS * unit) == pytest.approx(3.5 / 3 * unit)
    assert distances.mse(LABELS * unit, OUTPUTS * unit) == pytest.approx(9.25 / 3 * unit**2)
