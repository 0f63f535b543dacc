"""A planned benchmark, checked against this machine and run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from metabench.api.events import Noticed, Progressed
from metabench.errors import PluginError
from metabench.plugin.observers import notify, open_observer

if TYPE_CHECKING:
    from metabench.api.events import Event
    from metabench.frontend.planning import Prepared
    from metabench.frontend.progress import Show
    from metabench.plan.states import PlanState
    from metabench.session.runner.policy import RunPolicy
    from metabench.session.runtime import Runtime

__all__ = ["Warn", "check_setup", "telling", "with_observers"]

Warn = Callable[[str], None]


def with_observers(
    prepared: Sequence[Prepared], names: Sequence[str], warn: Warn
) -> list[Prepared]:
    """Return planned benchmarks with the requested observers.

    An observer that cannot be loaded is a warning, and the run continues without it.

    Raises:
        PluginError: no observer has that name.
    """
    opened = []
    for offer in [prepared[0].catalog.observer(name) for name in dict.fromkeys(names)]:
        try:
            opened.append(open_observer(offer))
        except PluginError as problem:
            warn(f"{problem.problem}; {problem.hint}; the run continues without it")
    return [
        replace(one, catalog=replace(one.catalog, observers=(*one.catalog.observers, *opened)))
        for one in prepared
    ]


def check_setup(one: Prepared, policy: RunPolicy, runtime: Runtime, warn: Warn) -> PlanState:
    """Return the state of a plan that this machine can run; writes nothing.

    Raises:
        SetupError: the launcher or device does not exist, or memory or disk does not suffice.
    """
    from metabench.plan.states import PlanState
    from metabench.session.estimate.disk import refuse_full_disk
    from metabench.session.estimate.refusal import refuse_missing_device, refuse_what_cannot_fit
    from metabench.session.runner.launching import LOCAL, find_launcher
    from metabench.session.runner.policy import to_do

    asked = runtime.launcher, runtime.launcher_settings
    if asked != (LOCAL, ()):
        find_launcher(one.catalog, *asked)
    found = PlanState.of(one.plan, one.store)
    todo = to_do(one.plan, found.states, replace(policy, selection=one.selection)).cells
    compute = one.plan.benchmark.spec.compute
    refuse_missing_device(todo, compute=compute, runtime=runtime)
    warning = refuse_what_cannot_fit(todo, compute=compute, runtime=runtime)
    refuse_full_disk(todo, folder=one.store.folder, runtime=runtime)
    if warning:
        warn(warning)
    return found


def telling(one: Prepared, show: Show) -> Show:
    """Return what `run_plan` calls with each event: it tells the display and the observers.

    A display that cannot be written to, because its terminal or pipe is gone, fails no cell.

    Args:
        one: the planned benchmark; where it is deterministic, cuBLAS is told before it starts.
        show: called with every event; each notice and each problem of an observer is a `Noticed`,
            passed once.
    """
    if one.plan.benchmark.spec.compute.deterministic:  # cuBLAS reads this once, when it starts
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # noqa: TID251
    told: set[str] = set()

    def emit(event: Event) -> None:
        if isinstance(event, Noticed):
            heard: Iterable[str] = (event.message,)
        else:
            with suppress(OSError):
                show(event)
            # Steps are observed in their own process, so those of another one are not repeated
            # here.
            step = isinstance(event, Progressed)
            heard = () if step else map(str, notify(one.catalog.observers, event))
        for problem in heard:
            if problem not in told:
                told.add(problem)
                with suppress(OSError):
                    show(Noticed(problem))

    return emit
