"""``metabench plugins``: the installed plugins and their load status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.commands.plugins.check import check
from metabench.cli.commands.plugins.new import new
from metabench.cli.help import Group
from metabench.cli.inputs.installed import every_plugin, plugin_options
from metabench.cli.inputs.options import json_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json
from metabench.errors import NothingMatchedError
from metabench.plugin.absence import remedy, unregistered
from metabench.suggest import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from metabench.plugin.status import PluginStatus

__all__ = ["command"]


@click.group("plugins", cls=Group, invoke_without_command=True)
@json_option
@plugin_options()
@traceback_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """List plugins and whether they loaded.

    METABENCH_DISABLE_PLUGINS=NAME,NAME leaves plugins out like -P. A plugin is code that runs with
    your rights.
    """
    if context.invoked_subcommand is None:
        _echo_list(as_json=as_json)
    return 0


@command.command("list")
@json_option
@plugin_options()
@traceback_option
def list_all(as_json: bool) -> int:
    """List the plugins, as without a subcommand."""
    _echo_list(as_json=as_json or _asked_before())
    return 0


def _asked_before() -> bool:
    """Return whether ``--json`` is before the subcommand."""
    group = click.get_current_context().parent
    return group is not None and bool(group.params.get("as_json"))


def _complete_name(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from metabench.cli.inputs.command_line import items
    from metabench.plugin.discovery import discover

    del context, parameter
    return items([found.status.name for found in discover()], incomplete)


@command.command("show")
@click.argument("name", shell_complete=_complete_name)
@json_option
@plugin_options()
@traceback_option
def show(name: str, as_json: bool) -> int:
    """Show one plugin, with the traceback if it failed.

    NAME is that of a plugin or of a distribution.
    """
    plugins = every_plugin().plugins
    found = [plugin for plugin in plugins if name in {plugin.name, plugin.distribution}]
    if not found:
        known = {known for plugin in plugins for known in (plugin.name, plugin.distribution)}
        hint = unregistered(name) or did_you_mean(name, known, otherwise="see `metabench plugins`")
        raise NothingMatchedError(f"no plugin is called {name!r}", hint=hint)
    if as_json or _asked_before():
        echo_json(_json(found))
        return 0
    for plugin in found:
        echo(*_details(plugin))
    return 0


command.add_command(check)
command.add_command(new)


def _echo_list(*, as_json: bool) -> None:
    plugins = every_plugin().plugins
    if as_json:
        echo_json(_json(plugins))
        return
    rows = [("name", "state", "distribution", "import", "offers")]
    rows += [
        (
            plugin.name,
            plugin.state,
            plugin.origin,
            f"{plugin.milliseconds:.0f} ms",
            _offers(plugin) or "-",
        )
        for plugin in plugins
    ]
    echo(*aligned(rows))
    for plugin in plugins:
        if plugin.state != "ok":
            entry = "" if plugin.name == plugin.distribution else f" ({plugin.name})"
            echo("")
            echo(f"{plugin.origin}{entry}: {plugin.state}")
            echo(f"  {plugin.detail}")
            echo(f"  hint: {remedy(plugin)}")


def _json(plugins: tuple[PluginStatus, ...] | list[PluginStatus]) -> list[dict[str, Any]]:
    return [
        asdict(plugin) | {"hint": "" if plugin.state == "ok" else remedy(plugin)}
        for plugin in plugins
    ]


def _details(plugin: PluginStatus) -> Iterator[str]:
    rows = [
        ("name", plugin.name),
        ("state", plugin.state),
        ("distribution", plugin.origin),
        ("module", plugin.module),
        ("import", f"{plugin.milliseconds:.0f} ms"),
        *((kind, ", ".join(names)) for kind, names in plugin.offers.items() if names),
    ]
    if plugin.state != "ok":
        rows += [("cause", plugin.detail), ("hint", remedy(plugin))]
    if plugin.place:
        rows.append(("place", plugin.place))
    yield from aligned(rows)
    if plugin.traceback:
        yield ""
        yield from plugin.traceback.rstrip().splitlines()


def _offers(plugin: PluginStatus) -> str:
    return ", ".join(name for names in plugin.offers.values() for name in names)
