"""What exact curvature keeps of its passes; light, so that an estimate goes by this rule too."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["SPARSE_SHARE", "Kept", "most_that_fits"]

Kept: TypeAlias = Literal["outputs", "forward", "backward"]
"""What a model keeps of a layer between its passes: the output alone, what forward left, or what
backward left as well."""

SPARSE_SHARE = 0.5
"""Of the words: where an episode holds more of them, leaving the others out is not worth it."""

_BOTH = 2.7
"""What forward and backward leave together, in multiples of what forward leaves."""


def most_that_fits(needed: float, *, room: float, passes: int) -> tuple[Kept, float]:
    """Return the most that may be kept of a pass, and how much room is left then.

    Args:
        needed: bytes that its forward pass leaves.
        room: bytes that may be kept.
        passes: how many are to come, this one with them; they are taken to be like it.
    """
    if room / max(1, passes) >= _BOTH * needed:
        return "backward", room - _BOTH * needed
    if room >= needed:
        return "forward", room - needed
    return "outputs", room
