"""The hooks that a plugin can implement, and the mark that it implements them with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metabench.api.algorithm import AlgorithmInfo
    from metabench.api.events import CellEnded, CellStarted, Progressed, RunEnded, RunStarted
    from metabench.api.metric import MetricInfo
    from metabench.api.renderer import RendererInfo
    from metabench.api.sampler import SamplerInfo
    from metabench.api.task import TaskCard

__all__ = ["API_VERSION", "hookimpl", "hookspec"]

API_VERSION = 1
"""The version of this API; a plugin's module says ``METABENCH_API = 1``."""

hookspec = pluggy.HookspecMarker("metabench")
hookimpl = pluggy.HookimplMarker("metabench")


@hookspec
def metabench_algorithms() -> Sequence[AlgorithmInfo]:  # type: ignore[empty-body]
    """Provide algorithms."""


@hookspec
def metabench_samplers() -> Sequence[SamplerInfo]:  # type: ignore[empty-body]
    """Provide task samplers."""


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
def metabench_run_start(event: RunStarted) -> None:
    """Observe that a run begins."""


@hookspec
def metabench_cell_start(event: CellStarted) -> None:
    """Observe that a cell begins."""


@hookspec
def metabench_step(event: Progressed) -> None:
    """Observe that a step is done."""


@hookspec
def metabench_cell_end(event: CellEnded) -> None:
    """Observe that a cell has ended."""


@hookspec
def metabench_run_end(event: RunEnded) -> None:
    """Observe that a run is over."""
