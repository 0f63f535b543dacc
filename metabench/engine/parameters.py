"""Parameters on disk: safetensors, one tensor per parameter under its own name, with a sha256."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import safetensors.torch
import torch

from metabench.errors import StoreError
from metabench.store.atomic import commit_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from metabench.nn.layout import Layout, Place

__all__ = ["named", "read_parameters", "vector", "write_parameters"]


def named(theta: Tensor, layout: Layout) -> dict[str, Tensor]:
    """Return the flat vector as named tensors: the encoder's, then ``<task>.weight``, ``.bias``."""
    return {place.name: theta[place.span].view(place.shape) for place in _places(layout)}


def vector(values: Mapping[str, Tensor], places: Sequence[Place], *, path: Path) -> Tensor:
    """Return the named tensors that lie in ``places`` as one vector.

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


def write_parameters(path: Path, values: Mapping[str, Tensor]) -> str:
    """Write named tensors durably; return the sha256 of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ready = {name: value.detach().cpu().contiguous() for name, value in values.items()}
    data = safetensors.torch.save(ready)
    commit_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def read_parameters(path: Path, sha256: str) -> dict[str, Tensor]:
    """Read what ``write_parameters`` wrote.

    Raises:
        StoreError: the file is missing, or is not the one whose sha256 was recorded.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            hint="delete the cell's folder and run again",
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(
            "is damaged: its sha256 is not the recorded one",
            where=str(path),
            hint="delete the cell's folder and run again",
        )
    return safetensors.torch.load(data)


def _places(layout: Layout) -> tuple[Place, ...]:
    return (*layout.encoder, *(place for head in layout.heads.values() for place in head))
