"""Which gradients go by passes of our own, and what these keep; light, for estimates need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from metabench.api.algorithm import CurvatureWay

__all__ = [
    "SPARSE_SHARE",
    "Kept",
    "layers_held",
    "layers_worked",
    "most_that_fits",
    "parts",
    "uses_custom_backward",
    "values_at_a_time",
]  # fmt: skip

Kept: TypeAlias = Literal["nothing", "forward", "backward"]
"""What stays of a gradient's passes for the product that follows: nothing, what forward leaves, or
what backward leaves as well."""

SPARSE_SHARE = 0.5
"""Of the words: where an episode holds more of them, leaving the others out is not worth it."""

_BOTH = 2.2
"""What forward and backward leave together, in multiples of what forward leaves."""

_AT_A_TIME = {"cpu": 1 << 18, "cuda": 1 << 23}
"""Numbers of a layer's state that passes go through at a time: on a CPU much of what a layer does
with them stays in its caches, on a GPU they are enough to be busy with."""

_FEWER = {"lean": 2, "forward": 4}
"""How many times fewer they are where memory is what was asked for: exact products that keep
nothing, and one-sided differences, while they hold a gradient for each step of the path."""


def uses_custom_backward(way: CurvatureWay | None, device: str, *, autocast: bool) -> bool:
    """Return whether a BERT's gradients are those of the passes that exact products are made of.

    Differences take them too on a CPU, where they hold less than autograd at the same pace; on a
    GPU fused kernels are faster.

    Args:
        way: None for methods of first order, which never do.
        device: the device's type.
        autocast: whether products of matrices are bf16.
    """
    return way == "exact" or (way is not None and device == "cpu" and not autocast)


def layers_held(layers: int, *, cls_only: bool) -> float:
    """Return how many whole layers a pass leaves as much as.

    Args:
        layers: the encoder's.
        cls_only: whether of the last only each row's first token is computed: input, keys and
            values of all tokens stay, a quarter of a layer.
    """
    return layers - 0.75 * cls_only


def layers_worked(layers: int, *, cls_only: bool) -> float:
    """Return how many whole layers a pass multiplies as much as.

    Args:
        layers: the encoder's.
        cls_only: whether of the last only each row's first token is computed: two of its twelve
            square matrices see all tokens.
    """
    return layers - 10 / 12 * cls_only


def most_that_fits(needed: float, *, room: float, passes: int) -> tuple[Kept, float]:
    """Return the most that may be kept of a batch's passes, and how much room is left then.

    Args:
        needed: bytes that its forward pass leaves.
        room: bytes that may be kept.
        passes: how many are to come, this one with them; they are taken to be like it.
    """
    more = (_BOTH - 1) * needed
    if room - passes * needed >= more:
        return "backward", room - _BOTH * needed
    if room >= needed:
        return "forward", room - needed
    return "nothing", room


def values_at_a_time(device: str, *, way: str | None, keep: str) -> int:
    """Return how many numbers of a layer's state, tokens times width, passes go through at a time.

    Args:
        device: the type of the device.
        way: how products are made; None where none are.
        keep: what exact ones keep.
    """
    how = keep if way == "exact" else way
    return _AT_A_TIME.get(device, _AT_A_TIME["cuda"]) // _FEWER.get(how or "", 1)


def parts(rows: int, *, values: int, most: int) -> int:
    """Return in how many parts, as equal as may be, passes go through a batch's rows.

    Args:
        rows: rows of the batch.
        values: numbers of a layer's state.
        most: how many of them at a time; a row is never parted.
    """
    return max(1, min(rows, -(-values // most)))
