"""The conformance kit: checks of plugins, for pytest and for ``metabench plugins check``."""

from metabench.testing.conformance import (
    algorithms,
    descriptors,
    observers,
    renderers,
    samplers,
    tasks_and_metrics,
    training,
)
from metabench.testing.conformance.check import Check, checks_of
from metabench.testing.conformance.classes import (
    AlgorithmConformance,
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
    "AlgorithmConformance",
    "Check",
    "MetricConformance",
    "NotApplicableError",
    "NotConformingError",
    "ObserverConformance",
    "RendererConformance",
    "SamplerConformance",
    "Subject",
    "TaskConformance",
    "algorithms",
    "checks_of",
    "descriptors",
    "find_subject",
    "find_subjects",
    "observers",
    "renderers",
    "samplers",
    "tasks_and_metrics",
    "training",
]
