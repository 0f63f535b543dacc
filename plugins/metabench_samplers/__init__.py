"""The task samplers that ship with metabench. Never loads torch."""

from __future__ import annotations

from metabench.api import SamplerInfo, hookimpl
from metabench_samplers.options import MixedOptions, PpsOptions, UniformOptions

__all__ = ["METABENCH_API", "metabench_samplers"]

METABENCH_API = 1

_DOU = "Dou et al. 2019, Investigating Meta-Learning Algorithms for Low-Resource NLU Tasks"


@hookimpl
def metabench_samplers() -> list[SamplerInfo]:
    """Provide ``uniform``, ``pps`` and ``mixed``."""
    return [
        SamplerInfo(
            name="uniform",
            target="metabench_samplers.uniform:Uniform",
            options=UniformOptions,
            summary="every task is equally likely",
            references=(f"{_DOU}, section 2.4",),
        ),
        SamplerInfo(
            name="pps",
            target="metabench_samplers.pps:Pps",
            options=PpsOptions,
            summary="probability proportional to size: large tasks are drawn more often",
            references=(f"{_DOU}, section 2.4",),
        ),
        SamplerInfo(
            name="mixed",
            target="metabench_samplers.mixed:Mixed",
            options=MixedOptions,
            summary="each epoch: all tasks uniformly, then the target task alone",
            references=(f"{_DOU}, section 2.4",),
            per_target=True,
        ),
    ]
