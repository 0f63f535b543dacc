"""The shapes of a computation and its memory in bytes; import-light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from metabench.api.algorithm import CurvatureWay
    from metabench.nn.curvature import KeepPolicy

__all__ = ["FLOAT", "BatchShape", "EpisodeNeeds", "Footprint", "Numbers"]

FLOAT = 4
"""Bytes of a parameter."""


@final
@dataclass(frozen=True, slots=True)
class BatchShape:
    """Rows, real tokens in all, and columns of a batch."""

    rows: float
    tokens: float
    width: float


@final
@dataclass(frozen=True, slots=True)
class Numbers:
    """The storage of a gradient's activations on a device.

    Args:
        size: bytes of an activation.
        device: the device's type.
        fused: whether attention is one kernel that keeps no weights, with or without dropout.
        slack: bytes that the allocator holds for each byte that a pass allocates and frees.
            Activations kept between passes need none: they are contiguous.
    """

    size: int = FLOAT
    device: str = "cpu"
    fused: bool = False
    slack: float = 1.0


@final
@dataclass(frozen=True, slots=True)
class Footprint:
    """Bytes of parameters in all their copies, and of activations with the allocator's slack.

    Args:
        parameters: while a step is taken.
        activations: in that step.
        saving: of parameters while a checkpoint is written, which copies them twice.
    """

    parameters: float
    activations: float
    saving: float

    def total(self, *, saves: bool) -> float:
        """Return all bytes except those of the process and its tables of tokens.

        Args:
            saves: whether checkpoints are written from the counted memory.
        """
        return max(self.parameters + self.activations, self.saving if saves else 0.0)


@final
@dataclass(frozen=True, slots=True)
class EpisodeNeeds:
    """The needs of an episode.

    Args:
        support: support batches.
        way: the HVP method; None without products.
        keep: the activation caching of exact products.
        room: bytes that may be kept under ``auto``.
        words: the episode's number of distinct words; None where theta is not cut.
        vectors: vectors like theta that the algorithm holds; None for those of MAML.
        blocks: blocks of meta-parameters like theta, beside theta.
        gathers: whether the directions of a whole meta-batch are held at once.
    """

    support: int
    way: CurvatureWay | None = None
    keep: KeepPolicy = "auto"
    room: float = 0.0
    words: float | None = None
    vectors: int | None = None
    blocks: int = 0
    gathers: bool = False
