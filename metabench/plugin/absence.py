"""The reason why a name is not in the catalog, with a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metabench.errors import PluginError
from metabench.plugin.guard import Fault, guarded
from metabench.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from metabench.plugin.status import PluginStatus

__all__ = ["clash_error", "missing_error", "remedy", "slow_complaint", "unregistered"]


def clash_error(kind: str, name: str, owners: Sequence[PluginStatus]) -> PluginError:
    """Return the error for a name that several plugins offer."""
    named = " and ".join(owner.origin for owner in owners)
    outsider = next((owner for owner in reversed(owners) if not owner.built_in), owners[-1])
    hint = f"uninstall one of them, or leave one out with {_way_to_leave_out(outsider)}"
    if outsider.local:
        hint = (
            f"rename yours in {outsider.place}, or leave it out with {_way_to_leave_out(outsider)}"
        )
    else:
        hint += f" (or METABENCH_DISABLE_PLUGINS={outsider.distribution})"
    return PluginError(f"{kind} {name!r} is provided by both {named}", hint=hint)


def missing_error(
    kind: str, name: str, *, known: Collection[str], plugins: Sequence[PluginStatus]
) -> PluginError:
    """Return the error for a name that no working plugin offers, with the plugins to blame."""
    absent = [plugin for plugin in plugins if not plugin.in_use]
    for plugin in absent:
        if _is_named_after(plugin, name):
            return PluginError(
                f"{kind} {name!r} is provided by {plugin.origin}, which {_cause(plugin)}",
                hint=f"see `metabench plugins show {plugin.name}`",
            )
    return PluginError(f"no {kind} is called {name!r}", hint=_hint(name, known, absent))


def unregistered(name: str) -> str:
    """Return why the package that is named after a name offers nothing, "" where none is installed.

    An entry point that was added to pyproject.toml afterwards is not there before the package is
    installed again, an editable one too.
    """
    from importlib import metadata  # noqa: PLC0415  (only where something is missing)

    wanted = f"metabench-{name.removeprefix('metabench-')}"
    found = guarded(lambda: metadata.distribution(wanted), watched=False)
    if isinstance(found, Fault) or any(one.group == "metabench" for one in found.entry_points):
        return ""
    return (
        f"{wanted} is installed without an entry point in the group 'metabench': add it to"
        " its pyproject.toml and install it again"
    )


def slow_complaint(plugin: PluginStatus, *, seconds: float) -> str:
    """Return the message for a plugin that has been loading for so long, with a hint.

    Built-in plugins are not to be left out: if they are slow, the machine is.
    """
    if plugin.built_in:
        return f"metabench itself is still loading after {seconds:.0f} s; wait, or look at the disk"
    way = f"use {_way_to_leave_out(plugin)}"
    if not plugin.local:
        way = f"set METABENCH_DISABLE_PLUGINS={plugin.distribution} or {way}"
    return (
        f"plugin {plugin.origin} ({plugin.module}) is still loading after {seconds:.0f} s;"
        f" to leave it out, stop with Ctrl-C and {way}"
    )


def remedy(plugin: PluginStatus) -> str:
    """Return the fix for a plugin that does not work, in the imperative."""
    if plugin.local and plugin.state in {"failed", "incompatible"}:
        return f"fix {plugin.place}"
    if plugin.state == "conflict" and plugin.built_in:
        return "uninstall the other one, or leave it out with -P no:NAME"
    if plugin.state == "blocked":
        return "take it off METABENCH_DISABLE_PLUGINS and off -P"
    return f"{_step(plugin)}, or use {_way_to_leave_out(plugin)}"


def _step(plugin: PluginStatus) -> str:
    if plugin.state == "conflict":
        return "uninstall one of them"
    if plugin.state == "incompatible":
        return "upgrade metabench" if "newer API" in plugin.detail else "upgrade or fix it"
    return "fix or reinstall it"


def _way_to_leave_out(plugin: PluginStatus) -> str:
    return f"-P no:{plugin.name if plugin.local else plugin.distribution}"


def _hint(name: str, known: Collection[str], absent: Sequence[PluginStatus]) -> str:
    hints = []
    if known:
        choice = f"choose one of {', '.join(sorted(known))}"
        hints.append(did_you_mean(name, known, otherwise=choice))
    if said := unregistered(name):
        hints.append(said)
    if absent:
        blamed = "; ".join(f"{plugin.origin}, which {_cause(plugin)}" for plugin in absent)
        hints.append(f"it may be provided by a plugin that is not in use: {blamed}")
    return "; ".join(hints) or "install a plugin that provides it"


def _is_named_after(plugin: PluginStatus, name: str) -> bool:
    return name in {
        plugin.name,
        plugin.distribution,
        plugin.distribution.removeprefix("metabench-"),
    }


def _cause(plugin: PluginStatus) -> str:
    said = {"failed": "failed to load: ", "incompatible": ""}.get(plugin.state)
    return "is blocked" if said is None else f"{said}{plugin.detail}"
