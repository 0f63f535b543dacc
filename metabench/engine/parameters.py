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

__all__ = [
    "learned_blocks",
    "named",
    "named_blocks",
    "pack_parameters",
    "unpack_parameters",
    "vector",
]

_BLOCKS = "blocks/"
"""How names of tensors begin that belong to no parameter."""


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


def named_blocks(blocks: Mapping[str, Tensor], layout: Layout) -> dict[str, Tensor]:
    """Return blocks besides theta as named tensors, those of its shape parameter by parameter."""
    found: dict[str, Tensor] = {}
    for name, block in blocks.items():
        if block.shape == (layout.size,):
            parts = named(block, layout)
            found |= {f"{_BLOCKS}{name}/{part}": value for part, value in parts.items()}
        else:
            found[f"{_BLOCKS}{name}"] = block
    return found


def learned_blocks(
    values: Mapping[str, Tensor], start: Mapping[str, Tensor], layout: Layout, *, path: Path
) -> dict[str, Tensor]:
    """Return blocks with the saved numbers in them; a head that was not saved keeps those it has.

    Args:
        values: named tensors, as `named_blocks` names them.
        start: the blocks at the start of meta-training; they are not written to.
        layout: the layout of theta here, which may have other heads.
        path: the file, for errors.

    Raises:
        StoreError: a block was not saved, or has another shape.
    """
    found = {name: block.clone() for name, block in start.items() if name != "theta"}
    for name, block in found.items():
        if block.shape != (layout.size,):
            block.copy_(_saved(values, f"{_BLOCKS}{name}", block, path=path))
            continue
        for place in _places(layout):
            part, saved = block[place.span].view(place.shape), f"{_BLOCKS}{name}/{place.name}"
            if place in layout.encoder or saved in values:
                part.copy_(_saved(values, saved, part, path=path))
    return found


def _saved(values: Mapping[str, Tensor], name: str, like: Tensor, *, path: Path) -> Tensor:
    found = values.get(name)
    if found is None or found.shape != like.shape:
        raise StoreError(
            f"has no {name!r} of shape {list(like.shape)}: an earlier version kept theta alone",
            where=str(path),
            hint="run the benchmark in another folder of runs, with --runs DIR",
        )
    return found


def _places(layout: Layout) -> tuple[Place, ...]:
    return (*layout.encoder, *(place for head in layout.heads.values() for place in head))
