"""Standardised targets are the same in every unit, and outputs come back in the task's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from metabench.data.scale import Scale

VALUES = torch.tensor([0.0, 1.0, 2.0, 3.5, 4.0, 4.0], dtype=torch.float64)


@pytest.mark.parametrize(("factor", "offset"), [(1, 0), (1e5, 2e5), (1e-4, 0), (1.8, 305.6)])
def test_targets_are_the_same_in_every_unit(factor, offset):
    labels = VALUES * factor + offset
    found = Scale.of(labels).standardised(labels)

    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx(Scale.of(VALUES).standardised(VALUES).tolist(), abs=1e-6)
    assert found.double().mean() == pytest.approx(0, abs=1e-6)
    assert found.double().std(correction=0) == pytest.approx(1, abs=1e-6)


def test_outputs_come_back_in_the_unit_of_the_targets():
    labels = VALUES * 1e5 + 2e5
    scale = Scale.of(labels)
    outputs = scale.standardised(labels).numpy()[:, None]

    assert scale.in_unit(outputs)[:, 0] == pytest.approx(labels.numpy(), rel=1e-6)
    assert scale.facts() == {
        "mean": pytest.approx(np.mean(labels.numpy())),
        "deviation": pytest.approx(np.std(labels.numpy())),
    }


def test_targets_that_are_all_equal_have_deviation_one():
    assert Scale.of(torch.full((3,), 7.0)) == Scale(7.0, 1.0)
