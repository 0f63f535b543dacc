"""How long rows are, where no rows are at hand: quantiles of RTE's and MRPC's training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from metabench.seeding import Stream

__all__ = ["QUANTILES", "row_lengths"]

QUANTILES = {
    "RTE": (
        23, 28, 31, 34, 36, 38, 40, 42, 44, 45, 47, 48, 49, 51, 53, 55,
        56, 59, 61, 63, 66, 69, 73, 80, 90, 102, 114, 123, 128, 128, 128, 128,
    ),
    "MRPC": (
        28, 32, 35, 37, 38, 40, 41, 43, 44, 45, 46, 48, 49, 50, 52, 53,
        54, 55, 56, 58, 59, 60, 61, 62, 63, 64, 66, 68, 69, 72, 75, 81,
    ),
}  # fmt: skip
"""Tokens at 1/64, 3/64, … 63/64 of the rows, of uncased WordPiece, cut at 128."""


def row_lengths(count: int, *, longest: int, stream: Stream) -> npt.NDArray[np.int64]:
    """Return the tokens of ``count`` rows, drawn from both tasks alike."""
    table = np.array([*QUANTILES["RTE"], *QUANTILES["MRPC"]], dtype=np.int64)
    return np.minimum(table[stream.numpy().integers(0, len(table), size=count)], longest)
