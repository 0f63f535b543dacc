"""The choice of the custom backward, and the activations that it caches; import-light."""

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
"""The activations of a gradient kept for the product that follows: none, those of forward, or those
of forward and backward."""

SPARSE_SHARE = 0.5
"""Of the words: where an episode holds more of them, leaving the others out is not worth it."""

_BOTH = 2.2
"""The memory kept by forward and backward together, in multiples of that of forward."""

_AT_A_TIME = {"cpu": 1 << 18, "cuda": 1 << 23}
"""Numbers of a layer's state that passes process at a time: few enough for a CPU's caches, many
enough to occupy a GPU."""

_FEWER = {"lean": 2, "forward": 4}
"""The divisor of these numbers in modes that save memory: exact products that keep nothing, and
one-sided differences, which hold a gradient for each step of the path."""


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
    """Return the memory that a pass keeps, in whole layers.

    Args:
        layers: the encoder's.
        cls_only: whether the last layer computes only each row's first token: it keeps input, keys
            and values of all tokens, a quarter of a layer.
    """
    return layers - 0.75 * cls_only


def layers_worked(layers: int, *, cls_only: bool) -> float:
    """Return the multiplications of a pass, in whole layers.

    Args:
        layers: the encoder's.
        cls_only: whether the last layer computes only each row's first token: two of its twelve
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
    """Return the numbers of a layer's state (tokens times width) that passes process at a time.

    Args:
        device: the type of the device.
        way: the HVP method; None without products.
        keep: the activation caching of exact products.
    """
    how = keep if way == "exact" else way
    return _AT_A_TIME.get(device, _AT_A_TIME["cuda"]) // _FEWER.get(how or "", 1)


def parts(rows: int, *, values: int, most: int) -> int:
    """Return the number of nearly equal parts in which passes process a batch's rows.

    Args:
        rows: rows of the batch.
        values: numbers of a layer's state.
        most: their largest number at a time; a row is never split.
    """
    return max(1, min(rows, -(-values // most)))
