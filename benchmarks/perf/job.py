"""One measurement that a process of its own makes: what, of whom, on which problem."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

__all__ = ["Job", "Kind", "Shape"]

Kind: TypeAlias = Literal["time", "memory"]
"""Time and memory are measured in runs of their own: whoever watches allocations is slow."""


class Shape(BaseModel):
    """A meta-learning problem on a randomly initialised BERT and random rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: int = 6
    width: int = 384
    vocabulary: int = 30_522
    batch: int = 32
    length: int = 64
    """Tokens of a row; with ``ragged`` those of the longest row."""
    steps: int = 5
    """k, gradient steps of the inner loop."""
    tasks: int = 1
    """Episodes whose meta-gradients are averaged."""
    inner_lr: float = 1e-2
    dropout: bool = False
    ragged: bool = False
    """Whether rows are as long as those of RTE and MRPC are (`perf.lengths`)."""
    initializer_range: float = 0.02
    pooling: Literal["cls", "mean"] = "cls"
    """What the head reads: the first token as in BERT, or the mean over all as in MiniLM."""

    @property
    def heads(self) -> int:
        """Attention heads: 12 as in BERT and MiniLM, where that divides the width."""
        return 12 if self.width % 12 == 0 else 4


class Job(BaseModel):
    """What a worker is told; equal jobs measure equal things."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str
    variant: str
    kind: Kind = "time"
    shape: Shape = Shape()
    threads: int = 2
    device: str = "cpu"
    bf16: bool = False
    memory_gib: float = 1.5
    """What ``exact``/``auto`` may keep."""
    rounds: int = 1
    """Meta-steps or updates that are timed, where a part has some."""
    peers: Path | None = None
    hub: Path | None = None
    model: str = ""
    gradient: Path | None = None
    """Where the meta-gradient is left, as safetensors."""
