"""What is said of predictions that were made once more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metabench.session.replay.replay import compare

RECORDED = np.array([[0.5, 0.25], [1.0, 2.0], [3.0, 0.0]], dtype=np.float32)


def test_equal_outputs_are_equal_to_the_bit():
    agreement = compare(RECORDED, RECORDED.copy())

    assert agreement.exact
    assert str(agreement) == "its predictions are bit-identical to those recorded (3 rows)"


def test_the_largest_difference_and_the_rows_with_another_class_are_counted():
    outputs = RECORDED + np.array([[0, 0.5], [0.25, 0], [0, 0]], dtype=np.float32)

    agreement = replace(compare(RECORDED, outputs), changed=("torch 2.12 → 2.13",))

    assert (agreement.rows, agreement.largest, agreement.other) == (3, 0.5, 1)
    assert str(agreement) == (
        "its outputs differ from those recorded by up to 0.5 on 3 rows, 1 of which get another "
        "class: torch 2.12 → 2.13"
    )


def test_that_nothing_explains_a_difference_is_said():
    assert "although versions, device and threads are the same" in str(
        compare(RECORDED, RECORDED + 1)
    )
