"""The order of examples: shuffled epochs, nested subsamples, batches of equal length."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metabench.seeding import Stream

__all__ = ["RowNumbers", "by_length", "epoch_batches", "few_shot", "permutation", "subsample"]

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


def few_shot(
    labels: npt.NDArray[np.int64], digests: npt.NDArray[np.uint64], shots: int, *, stream: Stream
) -> Sequence[RowNumbers]:
    """Return the examples drawn of each class, at most ``shots``; more shots add to fewer.

    A draw depends on the content of the examples and on the stream, not on their order.

    Args:
        labels: the classes [rows], from 0.
        digests: a hash of each example's texts [rows].
        shots: examples of each class.
        stream: names the draw.
    """
    classes = (np.flatnonzero(labels == label) for label in range(int(labels.max()) + 1))
    ordered = [rows[np.argsort(digests[rows], kind="stable")] for rows in classes]
    return [
        rows[subsample(len(rows), shots, stream=stream.child("class", label))]
        for label, rows in enumerate(ordered)
    ]


def by_length(lengths: npt.NDArray[np.integer], *, batch_size: int) -> Sequence[RowNumbers]:
    """Return all examples in batches from short to long; equal lengths keep their order."""
    order = np.argsort(lengths, kind="stable").astype(np.int64)
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
