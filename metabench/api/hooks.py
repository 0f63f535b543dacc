"""The hooks that a plugin can implement, and the mark that it implements them with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.api.adaptation import AdaptationInfo
    from metabench.api.algorithm import AlgorithmInfo
    from metabench.api.events import CellEnded, CellStarted, Progressed, RunEnded, RunStarted
    from metabench.api.launcher import LauncherInfo
    from metabench.api.metric import MetricInfo
    from metabench.api.observer import ObserverInfo
    from metabench.api.renderer import RendererInfo
    from metabench.api.sampler import SamplerInfo
    from metabench.api.task import TaskCard

__all__ = ["API_VERSION", "hookimpl", "hookspec"]

API_VERSION = 1
"""The version of this API; a plugin's module declares ``METABENCH_API = 1``."""

hookspec = pluggy.HookspecMarker("metabench")
hookimpl = pluggy.HookimplMarker("metabench")


@hookspec
def metabench_algorithms() -> Sequence[AlgorithmInfo]:  # type: ignore[empty-body]
    """Provide algorithms."""


@hookspec
def metabench_samplers() -> Sequence[SamplerInfo]:  # type: ignore[empty-body]
    """Provide task samplers."""


@hookspec
def metabench_adaptations() -> Sequence[AdaptationInfo]:  # type: ignore[empty-body]
    """Provide adaptations: what happens on a target."""


@hookspec
def metabench_tasks() -> Sequence[TaskCard]:  # type: ignore[empty-body]
    """Provide tasks."""


@hookspec
def metabench_metrics() -> Sequence[MetricInfo]:  # type: ignore[empty-body]
    """Provide metrics."""


@hookspec
def metabench_renderers() -> Sequence[RendererInfo]:  # type: ignore[empty-body]
    """Provide formats for leaderboards, for ``compare --format NAME``."""


@hookspec
def metabench_observers() -> Sequence[ObserverInfo]:  # type: ignore[empty-body]
    """Provide observers that are notified of a run only if ``--observer NAME`` selects them."""


@hookspec
def metabench_launchers() -> Sequence[LauncherInfo]:  # type: ignore[empty-body]
    """Provide launchers, which start the agents of ``run --launcher NAME``."""


@hookspec
def metabench_run_start(event: RunStarted) -> None:
    """Observe that a run begins, in the process that the command runs in."""


@hookspec
def metabench_cell_start(event: CellStarted) -> None:
    """Observe that a cell begins, in the process that the command runs in."""


@hookspec
def metabench_step(event: Progressed) -> Mapping[str, float] | None:
    """Observe that a step is done; the returned scalars are added to the step's.

    It is called after every step, in the process that runs the cell, which with ``--jobs`` is
    another one than that of the other hooks. Names are lower-case letters, digits and ``_ . / -``;
    values are finite numbers; a name that the step has already is refused. The scalars are written
    to the cell's metrics.jsonl and drawn in the report; they are never part of a result.
    """


@hookspec
def metabench_cell_end(event: CellEnded) -> None:
    """Observe that a cell has ended, in the process that the command runs in."""


@hookspec
def metabench_run_end(event: RunEnded) -> None:
    """Observe that a run is over, in the process that the command runs in."""
