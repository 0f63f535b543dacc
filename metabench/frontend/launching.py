"""A benchmark run from Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from metabench.api.events import Noticed
from metabench.errors import StoppedError
from metabench.frontend.benchmark import Benchmark
from metabench.frontend.loaded import Run
from metabench.frontend.pace import pace_of
from metabench.frontend.places import find_benchmark
from metabench.frontend.planning import Request, prepare
from metabench.frontend.plugins import load_plugins
from metabench.frontend.progress import Show, live_progress, notebook_progress
from metabench.frontend.running import check_setup, telling, with_observers
from metabench.spec.write import toml_value
from metabench.store.file_names import CACHE

if TYPE_CHECKING:
    from os import PathLike

    from metabench.api.events import Event
    from metabench.plan.cell import Cell

__all__ = ["run"]


def run(
    benchmark: str | PathLike[str] | Benchmark,
    *,
    overrides: Mapping[str, object] | None = None,
    only: Sequence[str] = (),
    smoke: bool = False,
    runs: str | PathLike[str] = "runs",
    hub: str | PathLike[str] | None = None,
    device: str = "auto",
    jobs: int = 1,
    launcher: str = "local",
    launcher_options: Mapping[str, object] | None = None,
    same_hardware: bool = False,
    retry_failed: bool = False,
    force: bool = False,
    observers: Sequence[str] = (),
    plugin_files: Sequence[str | PathLike[str]] = (),
    on_event: Callable[[Event], None] | None = None,
) -> Run:
    """Run a benchmark, skipping completed cells, and return its results.

    Call it again to resume, also after Ctrl-C. A failed cell raises no error: its ``status`` is in
    `Run.scores`.

    Args:
        benchmark: a benchmark file, the name of one that ships with metabench, or a `Benchmark`.
        overrides: settings to change, such as ``{"finetune.epochs": 2}``.
        only: run a part: ``method=…``, ``target=…``, ``task=…``, ``seed=…`` or ``kind=…``.
        smoke: run every cell for a few steps; never a result.
        runs: directory of the run folders.
        hub: look for datasets and encoders in this mirror first.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        jobs: cells to run at a time, each in a process.
        launcher: name of the launcher that starts the cells.
        launcher_options: options of the launcher.
        same_hardware: compute all cells on the kind of processor and GPU that computed the first.
        retry_failed: rerun failed cells.
        force: rerun completed cells.
        observers: names of observers to notify, such as ``tensorboard``.
        plugin_files: Python files to load as plugins.
        on_event: called with every event (see `metabench.api.events`); None shows the progress,
            in a notebook as a bar.

    Raises:
        SpecError: the benchmark is not valid; carries all problems.
        UsageError: there is no such file, or an argument is not valid.
        SetupError: data, device, memory or disk is missing.
        StoppedError: it was interrupted.
    """
    from metabench.session.runner.policy import RunPolicy, to_do
    from metabench.session.runner.run import run_plan
    from metabench.session.runtime import Runtime

    request, files = _requested(benchmark)
    mirror = None if hub is None else Path(hub)
    request = replace(request, sets=_settings(overrides), smoke=smoke, hub=mirror)
    catalog = load_plugins((*files, *plugin_files))
    warnings: list[str] = []
    prepared = [prepare(request, catalog, only=only, runs=Path(runs))]
    (one,) = with_observers(prepared, observers, warnings.append)
    policy = RunPolicy(one.selection, force=force, retry_failed=retry_failed)
    runtime = Runtime(
        hub=one.hub,
        device=device,
        jobs=jobs,
        cache=Path(runs) / CACHE,
        launcher=launcher,
        launcher_settings=_settings(launcher_options),
        same_hardware=same_hardware,
    )
    found = check_setup(one, policy, runtime, warnings.append)
    with _display(to_do(one.plan, found.states, policy).cells, jobs, on_event) as show:
        for warning in warnings:
            show(Noticed(warning))
        try:
            emit = telling(one, show)
            run_plan(found, catalog=one.catalog, runtime=runtime, emit=emit, policy=policy)
        except StoppedError as stopped:
            raise type(stopped)(stopped.problem, hint="call run again to resume") from None
    return Run([one.store.folder])


def _requested(
    benchmark: str | PathLike[str] | Benchmark,
) -> tuple[Request, tuple[str | PathLike[str], ...]]:
    if isinstance(benchmark, Benchmark):
        return benchmark.request, benchmark.plugin_files
    return Request(find_benchmark(str(benchmark))), ()


def _settings(values: Mapping[str, object] | None) -> tuple[str, ...]:
    return tuple(f"{key}={toml_value(value)}" for key, value in (values or {}).items())


def _display(
    cells: Sequence[Cell], jobs: int, on_event: Callable[[Event], None] | None
) -> AbstractContextManager[Show]:
    if on_event is not None:
        return nullcontext(on_event)
    pace = pace_of(cells, jobs=jobs)
    notebook = sys.modules.get("IPython")
    if notebook is not None and getattr(notebook.get_ipython(), "kernel", None) is not None:
        return notebook_progress(pace, notebook.display.display)
    return live_progress(pace)
