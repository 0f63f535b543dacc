"""Views of a flat vector, one for each place: shapes for a model, and where gradients go."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from metabench.nn.layout import Place

__all__ = ["accumulate", "leaves", "named", "slices", "views"]


def named(values: Mapping[Place, Tensor]) -> dict[str, Tensor]:
    """Return the values by the names of their places."""
    return {place.name: value for place, value in values.items()}


def slices(theta: Tensor, places: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta, outside of any graph."""
    flat = theta.detach()
    return {place: flat[place.span].view(place.shape) for place in places}


def views(theta: Tensor, places: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta; one split, so that their backward is one concatenation."""
    edges = [0, *(edge for place in places for edge in (place.start, place.stop)), theta.numel()]
    sizes = [stop - start for start, stop in pairwise(edges)]
    parts = theta.split(sizes)[1::2]
    return {place: part.view(place.shape) for place, part in zip(places, parts, strict=False)}


def leaves(theta: Tensor, places: Sequence[Place], wanted: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta that start a graph each where a gradient is wanted."""
    parts = slices(theta, places)
    for place in wanted:
        parts[place].requires_grad_()
    return parts


def accumulate(flat: Tensor, parts: Mapping[Place, Tensor]) -> None:
    """Have a backward pass add their gradients to their places in ``flat``."""
    for place, leaf in parts.items():
        leaf.grad = flat[place.span].view(place.shape)
