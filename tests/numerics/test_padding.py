"""What a row comes to does not depend on the rows beside it."""

from __future__ import annotations

import pytest
import torch

from metabench.seeding import Stream
from metabench.testing import tiny_batch, tiny_learner

STREAM = Stream.root(48)
ROWS = 12


def outputs(learner, theta, batch, rows, width):
    """Return the outputs of some rows of a batch, cut or padded to a width."""
    with torch.inference_mode():
        return learner.outputs(theta, narrowed(batch, rows, width))


def narrowed(batch, rows, width):
    def part(table):
        kept = table[rows]
        more = max(width - kept.shape[1], 0)
        return torch.nn.functional.pad(kept[:, :width], (0, more))

    return type(batch)(
        task=batch.task,
        input_ids=part(batch.input_ids),
        attention_mask=part(batch.attention_mask),
        token_type_ids=part(batch.token_type_ids),
        labels=batch.labels[rows],
        dropout_seed=None,
    )


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("packed", [True, False], ids=["our passes", "the module's"])
def test_padding_and_batches_change_no_output_by_more_than_rounding(pooling, packed):
    learner = tiny_learner(curvature=None, dtype=torch.float32, packed=packed, pooling=pooling)
    theta = learner.theta(STREAM)
    batch = tiny_batch("three", STREAM, rows=ROWS, dropout=False)
    together = outputs(learner, theta, batch, list(range(ROWS)), 8)

    for row in range(ROWS):
        length = int(batch.attention_mask[row].sum())
        for width in (length, 8, 16):
            alone = outputs(learner, theta, batch, [row], width)[0]
            assert (alone - together[row]).abs().max() <= 1e-6
            assert alone.argmax() == together[row].argmax()
