"""Parameters as bytes: safetensors, one tensor per parameter under its own name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import safetensors.torch
import torch

from metabench.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from metabench.nn.layout import Layout, Place

__all__ = ["named", "pack_parameters", "unpack_parameters", "vector"]


def named(theta: Tensor, layout: Layout) -> dict[str, Tensor]:
    """Return the flat vector as named tensors: the encoder's, then ``<task>.weight``, ``.bias``."""
    return {place.name: theta[place.span].view(place.shape) for place in _places(layout)}


def vector(values: Mapping[str, Tensor], places: Sequence[Place], *, path: Path) -> Tensor:
    """Return the tensors named in ``places`` as one vector.

    Raises:
        StoreError: one of them is missing, or has another shape.
    """
    for place in places:
        found = values.get(place.name)
        if found is None or tuple(found.shape) != place.shape:
            raise StoreError(
                f"has no {place.name!r} of shape {list(place.shape)}",
                where=str(path),
                hint="delete the cell's folder and run again",
            )
    return torch.cat([values[place.name].reshape(-1) for place in places])


def pack_parameters(values: Mapping[str, Tensor]) -> bytes:
    """Return named tensors as safetensors writes them, copied to the CPU."""
    ready = {name: value.detach().cpu().contiguous() for name, value in values.items()}
    return safetensors.torch.save(ready)


def unpack_parameters(data: bytes) -> dict[str, Tensor]:
    """Return the parameters that ``pack_parameters`` packed into these bytes."""
    return safetensors.torch.load(data)


def _places(layout: Layout) -> tuple[Place, ...]:
    return (*layout.encoder, *(place for head in layout.heads.values() for place in head))
