"""The requested columns of a file, read at once; irregular files are left to the row reader."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["FEWEST_BYTES", "MOST_BYTES", "Columns", "Irregular", "holds_nul", "is_float", "is_text"]

MOST_BYTES = 512 * 1024**2
"""A larger file is read row by row, which takes less memory."""

FEWEST_BYTES = 256 * 1024
"""Reading a smaller text file row by row is faster than importing pyarrow."""


@final
class Irregular(Exception):  # noqa: N818  (no error: such a file may be right)
    """A file with rows that have to be read one by one."""


def _from_one(count: int) -> Sequence[int]:
    return range(1, count + 1)


@final
@dataclass(frozen=True, slots=True)
class Columns:
    """The wanted columns of every example.

    Args:
        batches: the columns as Arrow arrays, in the requested order.
        names: the class names that the file declares for the last of them; often none.
        lines: returns the line of each example once their number is known.
    """

    batches: Iterable[Sequence[Any]]
    names: tuple[str, ...] = ()
    lines: Callable[[int], Sequence[int]] = _from_one


def is_text(kind: Any) -> bool:
    """Return whether an Arrow type holds texts and nothing else."""
    types = sys.modules["pyarrow"].types
    return bool(types.is_string(kind) or types.is_large_string(kind))


def is_float(kind: Any) -> bool:
    """Return whether an Arrow type holds floating-point numbers."""
    return bool(sys.modules["pyarrow"].types.is_floating(kind))


def holds_nul(column: Any) -> bool:
    """Return whether a text of an Arrow column holds a NUL character."""
    import numpy as np  # noqa: PLC0415  (where pyarrow is, it is)

    _, ends, letters = column.buffers()
    if letters is None or not len(column):
        return False
    width = np.int64 if sys.modules["pyarrow"].types.is_large_string(column.type) else np.int32
    ends = np.frombuffer(ends, dtype=width)
    first, last = ends[column.offset], ends[column.offset + len(column)]
    return bool((np.frombuffer(letters, dtype=np.uint8)[first:last] == 0).any())
