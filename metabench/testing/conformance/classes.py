"""The checks as classes of tests, for pytest: one line per plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

# Importing them registers their checks.
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import read_local_files
from metabench.testing.conformance import (  # noqa: F401
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
from metabench.testing.conformance.subject import Subject, find_subject

__all__ = [
    "AdaptationConformance",
    "AlgorithmConformance",
    "LauncherConformance",
    "MetricConformance",
    "ObserverConformance",
    "RendererConformance",
    "SamplerConformance",
    "TaskConformance",
]

ClassT = TypeVar("ClassT", bound="type[_Conformance]")


class _Conformance:
    """The subject of the checks; ``name`` is enough for most plugins."""

    kind: ClassVar[str]
    name: ClassVar[str]
    """Its name in benchmark files; for an observer, the name of its entry point."""
    options: ClassVar[Mapping[str, Any]] = {}
    """Options to check it with, in place of their defaults."""
    plugin_file: ClassVar[Path | None] = None
    """The plugin, where it is a single file and not installed."""
    hub: ClassVar[Path | None] = None
    """An offline mirror, for tasks."""

    def subject(self) -> Subject:
        """Return the subject, found as a run finds it."""
        files = read_local_files([] if self.plugin_file is None else [self.plugin_file])
        found = find_subject(self.kind, self.name, load_catalog(files=files))
        return replace(found, given=self.options, hub=self.hub)


def _with_checks(kind: str) -> Callable[[ClassT], ClassT]:
    """Return a decorator that gives a class one test per check of a kind."""

    def give(cls: ClassT) -> ClassT:
        cls.kind = kind
        for check in checks_of(kind):
            setattr(cls, f"test_{check.name}", _test(check))
        return cls

    return give


def _test(check: Check) -> Callable[[_Conformance], None]:
    def test(self: _Conformance) -> None:
        check.call(self.subject())

    test.__doc__ = check.law
    test.__name__ = f"test_{check.name}"
    return test


@_with_checks("algorithm")
class AlgorithmConformance(_Conformance):
    """Tests of an algorithm: ``class TestMine(AlgorithmConformance): name = "mine"``."""


@_with_checks("sampler")
class SamplerConformance(_Conformance):
    """Tests of a task sampler."""


@_with_checks("adaptation")
class AdaptationConformance(_Conformance):
    """Tests of an adaptation."""


@_with_checks("task")
class TaskConformance(_Conformance):
    """Tests of a task."""


@_with_checks("metric")
class MetricConformance(_Conformance):
    """Tests of a metric."""


@_with_checks("renderer")
class RendererConformance(_Conformance):
    """Tests of a format for leaderboards."""


@_with_checks("observer")
class ObserverConformance(_Conformance):
    """Tests of an observer."""


@_with_checks("launcher")
class LauncherConformance(_Conformance):
    """Tests of a launcher."""
