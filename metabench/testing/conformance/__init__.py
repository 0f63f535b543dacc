"""The conformance kit: checks of plugins, for pytest and for ``metabench plugins check``.

Modules and packages, in the order in which data passes through:

    subject: one registration of a plugin under test, with its options
    check: a check: its name, the property it states, and its failure
    verdict: the exceptions of a check
    ambient: process-global state around a check
    laboratory: one meta-gradient of an algorithm on a tiny model
    descriptors: checks of descriptors and options
    algorithms: checks of one call of an algorithm
    training: checks of an algorithm in the engine
    samplers: checks of a task sampler
    adaptations: checks of an adaptation
    tasks_and_metrics: checks of a task and of a metric
    observers: checks of an observer
    renderers: checks of a leaderboard format
    launchers: checks of a launcher
    classes: the checks as classes of tests
    __main__: the child process of `metabench plugins check`
"""

from metabench.testing.conformance import (
    adaptations,
    algorithms,
    descriptors,
    launchers,
    observers,
    renderers,
    samplers,
    tasks_and_metrics,
    training,
)
from metabench.testing.conformance.check import Check, checks_of
from metabench.testing.conformance.classes import (
    AdaptationConformance,
    AlgorithmConformance,
    LauncherConformance,
    MetricConformance,
    ObserverConformance,
    RendererConformance,
    SamplerConformance,
    TaskConformance,
)
from metabench.testing.conformance.subject import KINDS, Subject, find_subject, find_subjects
from metabench.testing.conformance.verdict import NotApplicableError, NotConformingError

__all__ = [
    "KINDS",
    "AdaptationConformance",
    "AlgorithmConformance",
    "Check",
    "LauncherConformance",
    "MetricConformance",
    "NotApplicableError",
    "NotConformingError",
    "ObserverConformance",
    "RendererConformance",
    "SamplerConformance",
    "Subject",
    "TaskConformance",
    "adaptations",
    "algorithms",
    "checks_of",
    "descriptors",
    "find_subject",
    "find_subjects",
    "launchers",
    "observers",
    "renderers",
    "samplers",
    "tasks_and_metrics",
    "training",
]
