"""From the states of an encoder's tokens to one vector of features for each text."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from metabench.tasks.architectures import Pooling

__all__ = ["Pooling", "pool"]


def pool(
    states: Float[Tensor, "batch seq width"], mask: Bool[Tensor, "batch seq"], pooling: Pooling
) -> Float[Tensor, "batch width"]:
    """Return one state of each text, or the mean (``mean``) over its real tokens.

    ``cls`` is the state of the first token, ``last`` that of the last real one, on whichever side
    the padding is.
    """
    if pooling == "mean":
        weight = mask.unsqueeze(-1).to(states.dtype)
        return (states * weight).sum(1) / weight.sum(1).clamp_min(1)
    places = torch.arange(mask.shape[1], device=mask.device)
    if pooling == "last":
        chosen = torch.where(mask, places, 0).amax(1)
    else:
        chosen = torch.where(mask, places, mask.shape[1] - 1).amin(1)
    return states[torch.arange(len(states), device=mask.device), chosen]
