"""The isolating loader: each plugin is loaded in a separate guard and manager.

A plugin is used as a whole or not at all. If one of its hooks raises, the results of its other
hooks are not used either: half a plugin, such as its tasks without their metrics, would fail later
and less clearly. Other plugins are not affected.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

from metabench.api import API_VERSION
from metabench.plugin.discovery import Found, discover, is_blocked
from metabench.plugin.guard import Fault, guarded
from metabench.plugin.hooks import OBSERVER_HOOKS, HookProblem, implemented, open_manager
from metabench.plugin.local import LocalFile, register_local_files
from metabench.plugin.offers import collect_offers
from metabench.plugin.watch import Watch, unwatched

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pluggy

    from metabench.plugin.status import PluginStatus

__all__ = ["LoadedPlugin", "load_plugins"]


@final
@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin after loading: its status, its registrations, and its manager if it loaded.

    ``target`` is its import target for other processes: ``package.module`` or
    ``package.module:attribute``.
    """

    status: PluginStatus
    offers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    manager: pluggy.PluginManager | None = None
    target: str = ""


def load_plugins(
    *, blocked: frozenset[str], files: Sequence[LocalFile] = (), watch: Watch = unwatched
) -> tuple[LoadedPlugin, ...]:
    """Load every plugin that is not blocked; a failing one does not affect the others.

    Args:
        blocked: as for `load_catalog`.
        files: plugin files, which come after installed plugins.
        watch: a context around the loading of each of them.
    """
    register_local_files(files)
    local = [Found(file.status, file.load, file.module, lenient=True) for file in files]
    return tuple(
        LoadedPlugin(replace(found.status, state="blocked", detail="blocked by the user"))
        if is_blocked(found.status, blocked)
        else _load(found, watch)
        for found in (*discover(), *local)
    )


def _load(found: Found, watch: Watch) -> LoadedPlugin:
    with watch(found.status):
        return _load_unwatched(found)


def _load_unwatched(found: Found) -> LoadedPlugin:
    started = time.perf_counter()
    plugin = guarded(found.load)
    status = replace(found.status, milliseconds=(time.perf_counter() - started) * 1000)
    if isinstance(plugin, Fault):
        return _failed(status, plugin)
    mismatch = guarded(lambda: _version_mismatch(plugin, lenient=found.lenient))
    if isinstance(mismatch, Fault):
        return _failed(status, mismatch)
    if mismatch:
        return LoadedPlugin(replace(status, state="incompatible", detail=mismatch))
    answer = guarded(lambda: _ask(status, plugin, found.target))
    return _failed(status, answer) if isinstance(answer, Fault) else answer


def _ask(status: PluginStatus, plugin: Any, target: str) -> LoadedPlugin:
    manager = open_manager(plugin)
    offers = collect_offers(manager)
    observed = tuple(hook for hook in implemented(manager) if hook in OBSERVER_HOOKS)
    named = {kind: tuple(sorted(values)) for kind, values in offers.items() if values}
    if observed:
        named["observer"] = (*named.get("observer", ()), *observed)
    return LoadedPlugin(replace(status, offers=named), offers, manager, target)


def _version_mismatch(plugin: Any, *, lenient: bool) -> str:
    version = getattr(plugin, "METABENCH_API", API_VERSION if lenient else None)
    if version is None:
        return f"sets no METABENCH_API; this metabench has version {API_VERSION}"
    if type(version) is not int:
        return f"METABENCH_API is {version!r}, not an integer"
    if version == API_VERSION:
        return ""
    age = "older" if version < API_VERSION else "newer"
    return f"is written for the {age} API {version}; this metabench speaks version {API_VERSION}"


def _failed(status: PluginStatus, fault: Fault) -> LoadedPlugin:
    detail = str(fault.error) if isinstance(fault.error, HookProblem) else fault.detail
    return LoadedPlugin(
        replace(
            status,
            state="failed",
            detail=detail,
            traceback=fault.traceback,
            place=fault.place_in(status.module) or status.place,
        )
    )
