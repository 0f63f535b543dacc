"""The built-in task samplers. Never loads torch.

Modules and packages, in the order in which data passes through:

    options: the options of the samplers
    uniform: every task equally likely
    pps: probability proportional to size
    temperature: between proportional to size and uniform
    mixed: alternates between all tasks and the target task
    adaptive: follows the losses: tasks learnt least are drawn most
"""

from __future__ import annotations

from metabench.api import SamplerInfo, hookimpl
from metabench_samplers.options import (
    AdaptiveOptions,
    MixedOptions,
    PpsOptions,
    TemperatureOptions,
    UniformOptions,
)

__all__ = ["METABENCH_API", "metabench_samplers"]

METABENCH_API = 1

_DOU = "Dou et al. 2019, Investigating Meta-Learning Algorithms for Low-Resource NLU Tasks"

_ARIVAZHAGAN = (
    "Arivazhagan et al. 2019, Massively Multilingual Neural Machine Translation in the Wild"
)
_CHEN = "Chen et al. 2018, GradNorm: Gradient Normalization for Adaptive Loss Balancing"


@hookimpl
def metabench_samplers() -> list[SamplerInfo]:
    """Provide ``uniform``, ``pps``, ``mixed``, ``temperature`` and ``adaptive``."""
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
        SamplerInfo(
            name="temperature",
            target="metabench_samplers.temperature:Temperature",
            options=TemperatureOptions,
            summary="probability proportional to a root of the size: between pps and uniform",
            references=(_ARIVAZHAGAN,),
        ),
        SamplerInfo(
            name="adaptive",
            target="metabench_samplers.adaptive:Adaptive",
            options=AdaptiveOptions,
            summary="tasks whose loss has fallen least are drawn more often",
            references=(_CHEN,),
        ),
    ]
