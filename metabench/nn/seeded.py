"""The one sanctioned use of torch's global generators: dropout masks and fresh weights by seed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["seeded"]


@contextmanager
def seeded(seed: int | None, device: torch.device) -> Iterator[None]:
    """Run a block with the global generator of ``device`` set to ``seed``, then restore its state.

    With None nothing is seeded: the block must draw nothing (dropout is off).
    """
    if seed is None:
        yield
        return
    generator = _global_generator(device)
    before = generator.get_state()
    generator.manual_seed(seed)
    try:
        yield
    finally:
        generator.set_state(before)


def _global_generator(device: torch.device) -> torch.Generator:
    if device.type == "cpu":
        return torch.default_generator
    torch.cuda.init()
    return torch.cuda.default_generators[device.index]
