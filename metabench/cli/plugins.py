"""``metabench plugins``: what is installed and how loading it went."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from metabench.cli.options import json_option, traceback_option
from metabench.cli.planning import installed
from metabench.cli.text import aligned
from metabench.errors import NothingMatchedError
from metabench.report.escape import visible

if TYPE_CHECKING:
    from metabench.plugin.status import PluginStatus

__all__ = ["command"]


@click.group("plugins", invoke_without_command=True)
@json_option
@traceback_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int:
    """List the plugins and how loading them went.

    METABENCH_DISABLE_PLUGINS=NAME,NAME leaves plugins out; `all` leaves out all that do not ship
    with metabench. A plugin is code that runs with your rights.
    """
    if context.invoked_subcommand is not None:
        return 0
    plugins = installed().plugins
    if as_json:
        click.echo(json.dumps([asdict(plugin) for plugin in plugins], indent=2))
        return 0
    rows = [("name", "state", "distribution", "import", "offers")]
    rows += [
        (
            plugin.name,
            plugin.state,
            plugin.origin,
            f"{plugin.milliseconds:.0f} ms",
            plugin.detail or _offers(plugin),
        )
        for plugin in plugins
    ]
    for line in aligned(rows):
        click.echo(line)
    return 0


@command.command("show")
@click.argument("name")
@json_option
@traceback_option
def show(name: str, as_json: bool) -> int:
    """Show one plugin, with the traceback where it failed."""
    plugins = installed().plugins
    found = [plugin for plugin in plugins if name in {plugin.name, plugin.distribution}]
    if not found:
        close = get_close_matches(name, [plugin.name for plugin in plugins], n=1)
        raise NothingMatchedError(
            f"no plugin is called {name!r}",
            hint=f"did you mean {close[0]!r}?" if close else "see `metabench plugins`",
        )
    if as_json:
        click.echo(json.dumps([asdict(plugin) for plugin in found], indent=2))
        return 0
    for plugin in found:
        for line in _details(plugin):
            click.echo(line)
    return 0


def _details(plugin: PluginStatus) -> Iterator[str]:
    rows = [
        ("name", plugin.name),
        ("state", plugin.state),
        ("distribution", plugin.origin),
        ("module", plugin.module),
        ("import", f"{plugin.milliseconds:.0f} ms"),
        *((kind, ", ".join(names)) for kind, names in plugin.offers.items() if names),
        *([("cause", plugin.detail)] if plugin.detail else []),
    ]
    yield from aligned(rows)
    if plugin.traceback:
        yield ""
        yield visible(plugin.traceback.rstrip(), keep="\n")


def _offers(plugin: PluginStatus) -> str:
    return ", ".join(name for names in plugin.offers.values() for name in names)
