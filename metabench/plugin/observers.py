"""Observers: plugins that are notified of a run's events and cannot affect it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from metabench.api import (
    CellEnded,
    CellStarted,
    Event,
    ObserverInfo,
    Progressed,
    RunEnded,
    RunStarted,
    hookimpl,
)
from metabench.errors import PluginError
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.hooks import OBSERVER_HOOKS, implemented, open_manager
from metabench.plugin.target import load_target

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pluggy

    from metabench.plugin.status import Offer, PluginStatus

__all__ = ["Observer", "loaded_again", "notify", "open_observer"]

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
    """A plugin that implements an observer hook, or an observer that a run requested.

    In another process it is loaded again: each process has a separate one.

    Args:
        plugin: its plugin.
        manager: the manager of its hooks only.
        target: its import target; empty where there is nothing to import.
        called: whether the target is a class that has to be called.
    """

    plugin: PluginStatus
    manager: pluggy.PluginManager
    target: str = ""
    called: bool = False

    @property
    def hooks(self) -> tuple[str, ...]:
        """The observer hooks that it implements."""
        return tuple(hook for hook in implemented(self.manager) if hook in OBSERVER_HOOKS)

    @property
    def watches_steps(self) -> bool:
        """Whether it observes steps."""
        return "metabench_step" in self.hooks

    def tell(self, event: Event, *, watched: bool = True) -> PluginError | None:
        """Notify it of an event; return the plugin's exception instead of raising it.

        Args:
            event: the event.
            watched: whether changes of process-global state are undone and count as a fault.
        """
        told = self.ask(event, watched=watched)
        return told if isinstance(told, PluginError) else None

    def ask(self, event: Event, *, watched: bool = True) -> Any:
        """Notify it of an event; return the plugin's result, or its exception as an error."""
        hook = _HOOKS.get(type(event))
        if hook is None:
            return None
        returned = guarded(lambda: getattr(self.manager.hook, hook)(event=event), watched=watched)
        if isinstance(returned, Fault):
            if isinstance(returned.error, PluginError):  # it says itself what is wrong
                return returned.error
            return self.problem(f"{hook} raised {returned.detail}", returned.error)
        return returned[0] if returned else None

    def problem(self, what: str, cause: BaseException | None = None) -> PluginError:
        """Return the error that describes its fault."""
        return _problem(self.plugin, what, cause)


def open_observer(offer: Offer[ObserverInfo]) -> Observer:
    """Return an observer that a run asks for.

    Raises:
        PluginError: it cannot be loaded, or is no observer.
    """
    info = offer.value
    opened = guarded(lambda: open_manager(load_target(info.target)()))
    if isinstance(opened, Fault):
        if isinstance(opened.error, PluginError):
            raise opened.error
        raise _problem(offer.plugin, f"observer {info.name!r}: {opened.detail}", opened.error)
    return Observer(offer.plugin, opened, info.target, called=True)


def notify(observers: Iterable[Observer], event: Event) -> tuple[PluginError, ...]:
    """Notify all observers; return one problem per observer that raised."""
    problems = (observer.tell(event) for observer in observers)
    return tuple(problem for problem in problems if problem is not None)


def _problem(plugin: PluginStatus, what: str, cause: BaseException | None) -> PluginError:
    problem = PluginError(
        what,
        where=plugin.origin,
        hint=f"block the plugin with METABENCH_DISABLE_PLUGINS={plugin.distribution}",
    )
    problem.__cause__ = cause
    return problem


def loaded_again(plugin: PluginStatus, target: str, *, called: bool) -> Observer:
    """Return an observer loaded in another process; one that fails there reports it."""

    def load() -> pluggy.PluginManager:
        module, _, path = target.partition(":")
        found: Any = importlib.import_module(module)
        loaded = functools.reduce(getattr, path.split("."), found) if path else found
        return open_manager(loaded() if called else loaded)

    manager = guarded(load)
    if isinstance(manager, Fault):
        manager = open_manager(_Broken(manager.error))
    return Observer(plugin, manager, target, called)


@final
class _Broken:
    """Stands for an observer that did not load in this process."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    @hookimpl
    def metabench_step(self) -> None:
        """Say why."""
        raise self._error
