"""The Hessian-vector product of a loss by differentiating twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from metabench.nn.layout import accumulate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from metabench.nn.layout import Place

__all__ = ["double_backward"]


def double_backward(loss: Tensor, parts: Mapping[Place, Tensor], vector: Tensor) -> Tensor:
    """Return the gradient of the gradient times the vector, [P] like the vector.

    Args:
        loss: a differentiable function of ``parts``.
        parts: the leaves of its graph, by their places in the vector.
        vector: [P].

    Source: Pearlmutter 1994, in its reverse-over-reverse form.
    """
    inputs = list(parts.values())
    first: Sequence[Tensor | None] = torch.autograd.grad(
        loss, inputs, create_graph=True, allow_unused=True
    )
    pairs = [
        (value, vector[place.span].view(place.shape))
        for place, value in zip(parts, first, strict=True)
        if value is not None
    ]
    product = torch.stack([(value * part).sum() for value, part in pairs]).sum()
    second = torch.zeros_like(vector)
    accumulate(second, parts)
    product.backward(inputs=inputs)
    return second
