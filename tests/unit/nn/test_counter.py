"""Evaluations, with the examples and real tokens that they process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from metabench.nn.counter import EvaluationCounter
from metabench.seeding import Stream
from metabench.testing import tiny_batch


@pytest.mark.parametrize("known", [True, False])
def test_gradients_and_products_count_their_examples_and_real_tokens(known):
    batches = [tiny_batch("two", Stream.root(seed), rows=rows) for seed, rows in enumerate((3, 5))]
    tokens = [int(batch.attention_mask.sum()) for batch in batches]
    batches = [
        replace(batch, tokens=count if known else None)
        for batch, count in zip(batches, tokens, strict=True)
    ]
    counter = EvaluationCounter()
    assert counter == EvaluationCounter(gradients=0, hvps=0, examples=0, tokens=0)

    for batch in (*batches, batches[0]):
        counter.gradient(batch)
    counter.hvp(batches[1])

    assert counter == EvaluationCounter(3, 1, 3 + 5 + 3 + 5, 2 * tokens[0] + 2 * tokens[1])
