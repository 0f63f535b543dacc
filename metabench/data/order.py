"""The order of examples: shuffled epochs, nested subsamples, batches of equal length."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.seeding import Stream

__all__ = ["RowNumbers", "by_length", "epoch_batches", "permutation", "subsample"]

RowNumbers: TypeAlias = npt.NDArray[np.int64]
"""Example numbers, [examples]."""


def permutation(rows: int, *, stream: Stream) -> RowNumbers:
    """Return the numbers 0 to ``rows - 1``, shuffled by the stream."""
    return stream.numpy().permutation(rows).astype(np.int64)


def epoch_batches(
    rows: int, *, batch_size: int, steps: int, stream: Stream
) -> Iterator[RowNumbers]:
    """Yield exactly ``steps`` batches; each epoch is reshuffled; its last batch may be short."""
    left = steps
    for epoch in count():
        order = permutation(rows, stream=stream.child("epoch", epoch))
        for start in range(0, rows, batch_size):
            if not left:
                return
            left -= 1
            yield order[start : start + batch_size]


def subsample(rows_available: int, rows: int, *, stream: Stream) -> RowNumbers:
    """Return ``rows`` example numbers, the start of one permutation, so that subsamples nest."""
    return permutation(rows_available, stream=stream)[:rows]


def by_length(lengths: npt.NDArray[np.integer], *, batch_size: int) -> Sequence[RowNumbers]:
    """Return all examples in batches from short to long; equal lengths keep their order."""
    order = np.argsort(lengths, kind="stable").astype(np.int64)
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
