"""Which plugins are installed: entry points of the group ``metabench``."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, final

from metabench.plugin.guard import Fault, guarded
from metabench.plugin.hooks import HookProblem
from metabench.plugin.offers import KINDS
from metabench.plugin.status import PluginStatus
from metabench.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GROUP", "Found", "discover", "is_blocked"]

GROUP = "metabench"
_MEANT = {GROUP} | {f"{GROUP}{kind}{s}" for kind in ("plugin", *KINDS) for s in ("", "s")}


@final
@dataclass(frozen=True, slots=True)
class Found:
    """A plugin before it is loaded.

    Args:
        status: its status.
        load: imports it.
        target: its import target: ``package.module`` or ``package.module:attribute``.
        lenient: whether ``METABENCH_API`` may be missing, as in a single file.
    """

    status: PluginStatus
    load: Callable[[], Any]
    target: str
    lenient: bool = False


def discover() -> tuple[Found, ...]:
    """Return every installed plugin, ordered by distribution and name; nothing is imported.

    A distribution that is on the path twice counts once, as for an import.
    """
    seen: set[str] = set()
    found: list[Found] = []
    for distribution in metadata.distributions():
        entries = guarded(functools.partial(_entries, distribution), watched=False)
        if isinstance(entries, Fault):  # damaged metadata names no plugins
            continue
        fresh = [item for item in entries if item.status.distribution not in seen]
        seen.update(item.status.distribution for item in fresh)
        found.extend(fresh)
    return tuple(sorted(found, key=lambda item: (item.status.distribution, item.status.name)))


def is_blocked(status: PluginStatus, blocked: frozenset[str]) -> bool:
    """Return whether ``blocked`` names a plugin: by entry point, module or distribution.

    ``all`` means every plugin that does not ship with metabench.
    """
    if "all" in blocked and not status.built_in:
        return True
    names = {status.name, status.module, status.distribution}
    return not {_normal(name) for name in names}.isdisjoint(_normal(name) for name in blocked)


def _entries(distribution: metadata.Distribution) -> tuple[Found, ...]:
    every = distribution.entry_points  # which is read and parsed each time
    entries = [entry for entry in every if entry.group == GROUP]
    lost = [] if entries else [entry for entry in every if _nearly(entry.group)]
    if not (entries or lost):  # reading the metadata of everything that is installed would be slow
        return ()
    name = _normal(_said(lambda: distribution.name))
    version = _said(lambda: distribution.version)
    loads = [*((entry, entry.load) for entry in entries), *((one, _misplaced(one)) for one in lost)]
    return tuple(
        Found(PluginStatus(entry.name, _module(entry), name, version), load, _target(entry))
        for entry, load in loads
    )


def _nearly(group: str) -> bool:
    """Return whether a group of entry points is a misspelling of metabench's."""
    squeezed = re.sub(r"[^a-z]", "", group.lower())
    return squeezed in _MEANT or closest(squeezed, [GROUP], cutoff=0.85) is not None


def _misplaced(entry: metadata.EntryPoint) -> Callable[[], Any]:
    """Return a function that raises, instead of loading, for an entry point in another group."""

    def load() -> Any:
        raise HookProblem(
            f"its entry point is in the group {entry.group!r}, not in {GROUP!r}: fix"
            f" [project.entry-points.{GROUP}] in its pyproject.toml and install it again"
        )

    return load


def _target(entry: metadata.EntryPoint) -> str:
    return entry.value.partition("[")[0].strip()  # without extras


def _module(entry: metadata.EntryPoint) -> str:
    return entry.value.partition(":")[0].strip()


def _said(read: Callable[[], str | None]) -> str:
    """Return a field of the metadata, or ``?`` where the metadata is damaged."""
    said = guarded(read, watched=False)
    return said if isinstance(said, str) and said else "?"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
