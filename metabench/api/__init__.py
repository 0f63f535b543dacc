"""What a plugin's light half is written in: hooks, descriptors, options; never loads torch."""

from metabench.api.algorithm import (
    AlgorithmInfo,
    AlgorithmOptions,
    CurvatureWay,
    EpisodeCost,
    EpisodeShape,
)
from metabench.api.events import (
    CellEnded,
    CellStarted,
    Event,
    Noticed,
    Progressed,
    RunEnded,
    RunStarted,
)
from metabench.api.hooks import API_VERSION, hookimpl
from metabench.api.metric import MetricInfo
from metabench.api.observer import ObserverInfo
from metabench.api.options import Options
from metabench.api.renderer import RendererInfo
from metabench.api.sampler import SamplerInfo
from metabench.api.task import DataFile, FileSource, GeneratedSource, HubSource, TaskCard

__all__ = [
    "API_VERSION",
    "AlgorithmInfo",
    "AlgorithmOptions",
    "CellEnded",
    "CellStarted",
    "CurvatureWay",
    "DataFile",
    "EpisodeCost",
    "EpisodeShape",
    "Event",
    "FileSource",
    "GeneratedSource",
    "HubSource",
    "MetricInfo",
    "Noticed",
    "ObserverInfo",
    "Options",
    "Progressed",
    "RendererInfo",
    "RunEnded",
    "RunStarted",
    "SamplerInfo",
    "TaskCard",
    "hookimpl",
]
