"""The descriptor of a task sampler; import-light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from metabench.api.options import Options

__all__ = ["SamplerInfo"]


@final
@dataclass(frozen=True, slots=True)
class SamplerInfo:
    """A cheap descriptor of a task sampler.

    Args:
        name: its name in benchmark files.
        target: ``package.module:Class`` of the `metabench.learning.TaskSampler`.
        options: the model of its options.
        summary: one line.
        references: its sources.
        per_target: whether it needs one target task; then there is one meta cell per target.
        revision: raise it when draws change for a reason outside the module of ``target``.
    """

    name: str
    target: str
    options: type[Options]
    summary: str
    references: tuple[str, ...] = ()
    per_target: bool = False
    revision: int = 1
