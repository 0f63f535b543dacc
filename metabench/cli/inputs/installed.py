"""The catalog as a command line selects it: with plugin files, without disabled plugins."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.views.text import warn
from metabench.suggest import closest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from metabench.plugin.catalog import Catalog
    from metabench.plugin.status import PluginStatus

__all__ = ["every_plugin", "installed", "left_out", "offered", "plugin_files", "plugin_options"]

_LEFT_OUT, _FILES = "metabench.left_out", "metabench.plugin_files"
_CATALOG, _COMPLAINED = "metabench.catalog", "metabench.complained"
_MOST_LINES, _LONGEST = 12, 160


def _collect(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    # The option may be before and after the command, so both values are combined.
    def collect(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        del parameter
        context.meta.setdefault(key, []).extend(value)

    return collect


def _complete_plugins(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from metabench.cli.inputs.command_line import items
    from metabench.plugin.discovery import discover

    del context, parameter
    names = {
        name for found in discover() for name in (found.status.name, found.status.distribution)
    }
    return items([f"no:{name}" for name in (*names, "all")], incomplete)


def plugin_options() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds ``-P`` and ``--plugin-file``, which `installed` applies."""
    leave_out = click.option(
        "-P",
        "left_out",
        multiple=True,
        metavar="no:NAME",
        expose_value=False,
        callback=_collect(_LEFT_OUT),
        shell_complete=_complete_plugins,
        help="Disable a plugin; no:all keeps only the built-in ones.",
    )
    from_file = click.option(
        "--plugin-file",
        "plugin_files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_collect(_FILES),
        help="Load a Python file as a plugin; repeatable.",
    )
    return lambda function: leave_out(from_file(function))


def every_plugin() -> Catalog:
    """Return the catalog, loaded once per command, without warnings about broken plugins.

    Raises:
        UsageError: ``-P`` names no plugin, or a plugin file cannot be read.
    """
    meta = _meta()
    if _CATALOG not in meta:
        meta[_CATALOG] = _load()
    catalog: Catalog = meta[_CATALOG]
    return catalog


def installed() -> Catalog:
    """Return the catalog; warn on stderr of unused plugins, with hints.

    Raises:
        UsageError: as for `every_plugin`.
        PluginError: a requested plugin file is broken.
    """
    from metabench.frontend.plugins import refuse_broken_files

    catalog = every_plugin()
    refuse_broken_files(catalog)
    if not _meta().setdefault(_COMPLAINED, False):
        _meta()[_COMPLAINED] = True
        for line in _complaints(catalog.plugins):
            warn(line)
    return catalog


def _load() -> Catalog:
    from metabench.plugin.catalog import load_catalog
    from metabench.plugin.local import read_local_files
    from metabench.plugin.watch import name_slow

    files = read_local_files(_asked(_FILES))
    catalog = load_catalog(blocked=left_out(), files=files, watch=name_slow(_say_slow))
    for name in _names_after_option():
        _check_known(name, catalog.plugins)
    return catalog


def left_out() -> frozenset[str]:
    """Return the plugins disabled by METABENCH_DISABLE_PLUGINS and ``-P``.

    Raises:
        UsageError: ``-P`` is not followed by ``no:NAME``.
    """
    disabled = re.split(r"[,\s]+", os.environ.get("METABENCH_DISABLE_PLUGINS", ""))
    return frozenset(name for name in (*disabled, *_names_after_option()) if name)


def plugin_files() -> tuple[Path, ...]:
    """Return the files that ``--plugin-file`` names."""
    return tuple(_asked(_FILES))


def offered(catalog: Catalog) -> Mapping[str, Iterable[str]]:
    """Return the names that `metabench show` knows of each kind of installed thing."""
    from metabench.plugin.formats import FORMATS

    every_run = (each.plugin.name for each in catalog.observers)
    return {
        "algorithm": catalog.algorithms,
        "sampler": catalog.samplers,
        "adaptation": catalog.adaptations,
        "task": catalog.tasks,
        "metric": catalog.metrics,
        "observer": [*every_run, *catalog.on_request],
        "renderer": [*FORMATS, *catalog.renderers],
    }


def _names_after_option() -> list[str]:
    return [_name_of(value) for value in _asked(_LEFT_OUT)]


def _say_slow(plugin: PluginStatus) -> None:
    from metabench.plugin.absence import slow_complaint
    from metabench.plugin.watch import SLOW_SECONDS

    warn(slow_complaint(plugin, seconds=SLOW_SECONDS))


def _meta() -> dict[str, Any]:
    """Return the values that a command shares with its group."""
    context = click.get_current_context(silent=True)
    return {} if context is None else context.meta


def _asked(key: str) -> list[Any]:
    return list(_meta().get(key, ()))


def _name_of(value: str) -> str:
    from metabench.errors import UsageError

    prefix, _, name = value.partition(":")
    if prefix != "no" or not name:
        raise UsageError(
            f"-P {value} asks for nothing", hint=f"leave a plugin out with -P no:{name or value}"
        )
    return name


def _check_known(name: str, plugins: Iterable[PluginStatus]) -> None:
    from metabench.errors import UsageError
    from metabench.plugin.discovery import is_blocked

    plugins = tuple(plugins)
    if name == "all" or any(is_blocked(plugin, frozenset({name})) for plugin in plugins):
        return
    known = {known for plugin in plugins for known in (plugin.name, plugin.distribution)}
    near = closest(name, known)
    raise UsageError(
        f"-P no:{name} names no plugin",
        hint=f"did you mean -P no:{near}?" if near else "see `metabench plugins`",
    )


def _complaints(plugins: Iterable[PluginStatus]) -> Iterator[str]:
    """Yield one line per plugin that is broken, at most a screen of them."""
    from metabench.plugin.absence import remedy

    broken = [
        plugin
        for plugin in plugins
        if plugin.state in {"failed", "incompatible"}
        or (plugin.state == "conflict" and not plugin.built_in)  # the other one names both
    ]
    for plugin in broken[:_MOST_LINES]:
        detail = plugin.detail
        if len(detail) > _LONGEST:
            detail = f"{detail[: _LONGEST - 1]}…"
        entry = "" if plugin.name == plugin.distribution else f" ({plugin.name})"
        yield f"plugin {plugin.origin}{entry}: {plugin.state}: {detail}; {remedy(plugin)}"
    if len(broken) > _MOST_LINES:
        yield f"{len(broken) - _MOST_LINES} more plugins are broken; see `metabench plugins`"
