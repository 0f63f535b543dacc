"""What a disk does to a file: bits that flip, ends that are lost, blocks of zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.seeding import Stream

__all__ = ["damaged"]

_BLOCK = 512


def damaged(data: bytes, stream: Stream, *, count: int) -> Iterator[bytes]:
    """Yield ``count`` damaged copies: nine in ten with a flipped bit, the others cut or zeroed."""
    draws = stream.numpy()
    places = draws.integers(len(data), size=count)
    bits = draws.integers(8, size=count)
    kinds = draws.integers(20, size=count)
    for at, bit, kind in zip(places.tolist(), bits.tolist(), kinds.tolist(), strict=True):
        if kind == 0:
            yield data[:at]
        elif kind == 1:
            zeros = bytes(min(_BLOCK, len(data) - at))
            yield data[:at] + zeros + data[at + len(zeros) :]
        else:
            yield data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
