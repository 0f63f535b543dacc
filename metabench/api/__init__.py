"""The declarations of a plugin: hooks, descriptors and options. Import-light: never loads torch.

Modules and packages, in the order in which data passes through:

    hooks: the hooks that a plugin can implement, and the marker for its implementations
    options: the strict, frozen model of every table of settings
    algorithm: descriptor of an algorithm, with its episode shape and its cost
    sampler: descriptor of a task sampler
    adaptation: descriptor of an adaptation, with its cost: what happens on a target
    task: task cards: data source, columns, labels, metrics, licence
    metric: descriptor of a metric
    observer: descriptor of an observer that a user requests by name
    renderer: descriptor of a leaderboard format
    launcher: launchers: their descriptor, their contract, what they carry
    events: what a run emits to observers and to the terminal
    leaderboard: the leaderboard as a value, passed to every renderer
    report: the report as a value: a leaderboard and the series of its figures
"""

from metabench.api.adaptation import AdaptationCost, AdaptationInfo, AdaptationOptions
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
from metabench.api.launcher import (
    AgentCommand,
    AgentMessage,
    Launcher,
    LauncherInfo,
    LostAgent,
    Mailbox,
)
from metabench.api.metric import MetricInfo
from metabench.api.observer import ObserverInfo
from metabench.api.options import Options
from metabench.api.renderer import RendererInfo
from metabench.api.sampler import SamplerInfo
from metabench.api.task import DataFile, FileSource, GeneratedSource, HubSource, TaskCard

__all__ = [
    "API_VERSION",
    "AdaptationCost",
    "AdaptationInfo",
    "AdaptationOptions",
    "AgentCommand",
    "AgentMessage",
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
    "Launcher",
    "LauncherInfo",
    "LostAgent",
    "Mailbox",
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
