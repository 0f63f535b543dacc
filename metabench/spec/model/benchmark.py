"""A benchmark: a checked file with its names resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from metabench.api import (
    AdaptationInfo,
    AlgorithmInfo,
    AlgorithmOptions,
    Options,
    SamplerInfo,
    TaskCard,
)
from metabench.plugin.status import Offer
from metabench.spec.model.reported import Reported
from metabench.spec.model.sections import BenchmarkSpec, TrainSpec

__all__ = ["Benchmark", "Method"]


@final
@dataclass(frozen=True, slots=True)
class Method:
    """A method of the leaderboard, ready to be planned.

    Args:
        id: its name in the leaderboard, with the point of a grid: ``Reptile[inner_steps=3]``.
        algorithm: the algorithm and its plugin.
        options: its options, with defaults and presets filled in.
        sampler: the task sampler; None without meta-training.
        sampler_options: the sampler's options, with defaults filled in.
        adaptation: what happens on a target; None for fine-tuning where the file names none.
        adaptation_options: the adaptation's options, with defaults filled in.
        train: the parameters that it trains, where the file says so for this method.
    """

    id: str
    algorithm: Offer[AlgorithmInfo]
    options: AlgorithmOptions
    sampler: Offer[SamplerInfo] | None = None
    sampler_options: Options | None = None
    adaptation: Offer[AdaptationInfo] | None = None
    adaptation_options: Options | None = None
    train: TrainSpec | None = None


@final
@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark file that has been read and checked.

    Args:
        spec: its settings, defaults filled in, grids expanded, ``--smoke`` applied.
        methods: the methods, in the order of the file.
        path: the file.
        text: its content.
        overrides: every ``--set`` as given.
        own_tasks: the tasks that the file defines, by name; sizes and classes are not read yet.
        published: tables of numbers reported elsewhere, shown next to the run's.
    """

    spec: BenchmarkSpec
    methods: tuple[Method, ...]
    path: Path
    text: str
    overrides: tuple[str, ...] = ()
    own_tasks: Mapping[str, TaskCard] = field(default_factory=dict)
    published: tuple[Reported, ...] = ()
