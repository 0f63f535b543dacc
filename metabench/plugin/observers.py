"""Observers: plugins that are told what a run does and can do nothing to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from metabench.api import CellEnded, CellStarted, Event, Progressed, RunEnded, RunStarted
from metabench.errors import PluginError
from metabench.plugin.guard import Fault, guarded

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pluggy

    from metabench.plugin.status import PluginStatus

__all__ = ["Observer", "notify"]

_HOOKS: Mapping[type[Event], str] = {
    RunStarted: "metabench_run_start",
    CellStarted: "metabench_cell_start",
    Progressed: "metabench_step",
    CellEnded: "metabench_cell_end",
    RunEnded: "metabench_run_end",
}


@final
@dataclass(frozen=True, slots=True)
class Observer:
    """A plugin that implements at least one observer hook."""

    plugin: PluginStatus
    manager: pluggy.PluginManager

    def tell(self, event: Event) -> PluginError | None:
        """Hand the event over; return what the plugin raised instead of raising it."""
        hook = _HOOKS.get(type(event))
        if hook is None:
            return None
        fault = guarded(lambda: getattr(self.manager.hook, hook)(event=event))
        if not isinstance(fault, Fault):
            return None
        problem = PluginError(
            f"{hook} raised {fault.detail}",
            where=self.plugin.origin,
            hint=f"block the plugin with METABENCH_DISABLE_PLUGINS={self.plugin.distribution}",
        )
        problem.__cause__ = fault.error
        return problem


def notify(observers: Iterable[Observer], event: Event) -> tuple[PluginError, ...]:
    """Tell all observers; return what went wrong, one problem per observer that raised."""
    problems = (observer.tell(event) for observer in observers)
    return tuple(problem for problem in problems if problem is not None)
