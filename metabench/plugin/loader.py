"""The isolating loader: each plugin is loaded and asked in a guard and a manager of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

from metabench.api import API_VERSION
from metabench.plugin.discovery import Found, discover, is_blocked
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.hooks import OBSERVER_HOOKS, HookProblem, implemented, open_manager
from metabench.plugin.offers import collect_offers

if TYPE_CHECKING:
    import pluggy

    from metabench.plugin.status import PluginStatus

__all__ = ["LoadedPlugin", "load_plugins"]


@final
@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin after loading: its status, what it offers, and its manager where it loaded."""

    status: PluginStatus
    offers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    manager: pluggy.PluginManager | None = None


def load_plugins(*, blocked: frozenset[str]) -> tuple[LoadedPlugin, ...]:
    """Load every installed plugin that is not blocked; whatever one does, the others load."""
    return tuple(
        LoadedPlugin(replace(found.status, state="blocked", detail="blocked by the user"))
        if is_blocked(found.status, blocked)
        else _load(found)
        for found in discover()
    )


def _load(found: Found) -> LoadedPlugin:
    started = time.perf_counter()
    plugin = guarded(found.entry.load)
    status = replace(found.status, milliseconds=(time.perf_counter() - started) * 1000)
    if isinstance(plugin, Fault):
        return _failed(status, plugin)
    mismatch = guarded(lambda: _version_mismatch(plugin))
    if isinstance(mismatch, Fault):
        return _failed(status, mismatch)
    if mismatch:
        return LoadedPlugin(replace(status, state="incompatible", detail=mismatch))
    answer = guarded(lambda: _ask(status, plugin))
    return _failed(status, answer) if isinstance(answer, Fault) else answer


def _ask(status: PluginStatus, plugin: Any) -> LoadedPlugin:
    manager = open_manager(plugin)
    offers = collect_offers(manager)
    observed = tuple(hook for hook in implemented(manager) if hook in OBSERVER_HOOKS)
    named = {kind: tuple(sorted(values)) for kind, values in offers.items() if values}
    if observed:
        named["observer"] = observed
    return LoadedPlugin(replace(status, offers=named), offers, manager)


def _version_mismatch(plugin: Any) -> str:
    version = getattr(plugin, "METABENCH_API", None)
    if version is None:
        return f"says no METABENCH_API; this metabench speaks version {API_VERSION}"
    if type(version) is not int:
        return f"METABENCH_API is {version!r}, not a whole number"
    if version == API_VERSION:
        return ""
    age = "older" if version < API_VERSION else "newer"
    return f"is written for the {age} API {version}; this metabench speaks version {API_VERSION}"


def _failed(status: PluginStatus, fault: Fault) -> LoadedPlugin:
    detail = str(fault.error) if isinstance(fault.error, HookProblem) else fault.detail
    return LoadedPlugin(replace(status, state="failed", detail=detail, traceback=fault.traceback))
