"""How Hessian-vector products are made."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, final

import torch
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from metabench.api.algorithm import CurvatureWay

__all__ = ["Curvature", "KeepPolicy", "free_memory", "step_size"]

KeepPolicy: TypeAlias = Literal["auto", "fast", "lean"]

_STEP = {"central": 5e-6, "forward": 1e-6}
_SHARE = {"cpu": 0.25, "cuda": 0.8}


@final
@dataclass(frozen=True, slots=True)
class Curvature:
    """The method of Hessian-vector products, and their activation caching.

    Args:
        way: ``exact``; ``central``, the difference of two gradients, one on either side; or
            ``forward``, the difference from a gradient already computed.
        keep: for exact products, the activations that a support gradient caches for its product.
            ``fast``: all; ``auto``: as many as fit into ``memory``, bit-identical to ``fast``;
            ``lean``: none, and fewer rows at a time, which sums in another order.
        memory: bytes that ``auto`` may use; None for a share of the free memory.
        at_a_time: numbers of a layer's state (tokens times width) that passes process at a time;
            None for the device's default.
    """

    way: CurvatureWay = "exact"
    keep: KeepPolicy = "auto"
    memory: int | None = None
    at_a_time: int | None = None


def free_memory(device: torch.device) -> int:
    """Return the default memory limit in bytes: a share of the free memory."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
    else:
        free = _available()
    return int(free * _SHARE[device.type])


def _available() -> int:
    """Return the bytes that can be had without swapping; the page cache counts, on Linux."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                return int(rest.split()[0]) * 1024
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def step_size(
    way: CurvatureWay, theta: Float[Tensor, " P"], vector: Float[Tensor, " P"]
) -> Float[Tensor, ""]:
    r"""Return the step size along a vector for a difference of gradients.

    .. math:: \varepsilon = c \, (1 + \lVert\theta\rVert) / \lVert v \rVert

    large enough for fp32 not to lose the difference, small enough for it to be a derivative. The
    error of a one-sided difference falls with the step, that of a central one with its square; so c
    is 5e-6 for ``central`` and 1e-6 for ``forward``. It is zero for a zero vector.
    """
    norm = vector.norm()
    length: Tensor = 1 + theta.norm()
    return torch.where(norm > 0, _STEP[way] * length / norm, 0)
