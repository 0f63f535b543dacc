"""Named random streams: every draw comes from a generator keyed by its purpose."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    import numpy as np
    import torch

__all__ = ["Stream"]

_DOMAIN = "metabench/rng/v1"


@final
@dataclass(frozen=True, slots=True)
class Stream:
    """A name for randomness; equal names give equal draws, on every machine.

    A stream is a value: it holds no generator and no position, so that a step number is all that a
    resumed run has to know. ``Stream.root(seed).child("meta", "tasks", step)`` names one draw.

    >>> Stream.root(0).child("a").seed == Stream.root(0).child("a").seed
    True
    >>> Stream.root(0).child("a", 1).seed == Stream.root(0).child("a", 11).seed
    False
    """

    key: tuple[int | str, ...]

    @classmethod
    def root(cls, seed: int) -> Stream:
        """Return the stream that all streams of one seed descend from."""
        return cls((seed,))

    def child(self, *parts: int | str) -> Stream:
        """Return the stream called ``parts`` below this one."""
        return Stream((*self.key, *parts))

    @property
    def seed(self) -> int:
        """The 63-bit seed of this name: sha256 of the canonical JSON of the key."""
        name = json.dumps([_DOMAIN, *self.key], separators=(",", ":"), ensure_ascii=True)
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1

    def numpy(self) -> np.random.Generator:
        """Return a fresh numpy generator (Philox) at the start of this stream."""
        import numpy as np  # noqa: PLC0415  (seeding stays light)

        return np.random.Generator(np.random.Philox(key=self.seed))

    def torch(self) -> torch.Generator:
        """Return a fresh CPU generator of torch at the start of this stream."""
        import torch  # noqa: PLC0415  (seeding stays light)

        return torch.Generator().manual_seed(self.seed)
