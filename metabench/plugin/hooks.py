"""The hooks that a plugin implements, checked one by one before any of them is called."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pluggy

from metabench.api import hooks as specs
from metabench.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["OBSERVER_HOOKS", "HookProblem", "implemented", "open_manager"]

_PREFIX = "metabench_"

_SPECS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(function).parameters)
    for name, function in vars(specs).items()
    if hasattr(function, "metabench_spec")
}

OBSERVER_HOOKS = frozenset(name for name, parameters in _SPECS.items() if parameters)


class HookProblem(Exception):  # noqa: N818  (a message for the loader, never for the user)
    """An error in a plugin's hooks."""


def open_manager(plugin: Any) -> pluggy.PluginManager:
    """Return a manager with this one plugin only.

    Raises:
        HookProblem: a hook is misspelt, not marked, or has an unknown parameter.
    """
    manager = pluggy.PluginManager("metabench")
    manager.add_hookspecs(specs)
    problems = tuple(_problems(manager, plugin))
    if problems:
        raise HookProblem("; ".join(problems))
    manager.register(plugin)
    return manager


def implemented(manager: pluggy.PluginManager) -> tuple[str, ...]:
    """Return the names of the hooks that the manager's plugin implements."""
    return tuple(name for name in _SPECS if getattr(manager.hook, name).get_hookimpls())


def _problems(manager: pluggy.PluginManager, plugin: Any) -> Iterator[str]:
    for attribute in dir(plugin):
        function = getattr(plugin, attribute, None)
        if not inspect.isroutine(function) or hasattr(function, "metabench_spec"):
            continue
        mark = manager.parse_hookimpl_opts(plugin, attribute)
        if mark is not None:
            yield from _wrong_hook((mark.get("specname") or attribute), function)
        elif attribute.startswith(_PREFIX):
            yield f"{attribute} is not marked with @hookimpl"


def _wrong_hook(name: str, function: Any) -> Iterator[str]:
    if name not in _SPECS:
        hint = did_you_mean(name, _SPECS, otherwise=f"hooks are {', '.join(_SPECS)}")
        yield f"{name!r} is not a hook; {hint}"
        return
    takes = tuple(inspect.signature(function).parameters)
    if not set(takes) <= set(_SPECS[name]):
        yield f"{name} takes ({', '.join(takes)}), it is given ({', '.join(_SPECS[name])})"
