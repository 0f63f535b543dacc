"""``metabench list``: the names that a benchmark file or a command can use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.help import Command
from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import json_option, traceback_option
from metabench.cli.views.text import aligned, echo, echo_json
from metabench.frontend.places import shipped_benchmarks
from metabench.plugin.formats import FORMATS

if TYPE_CHECKING:
    from metabench.plugin.catalog import Catalog
    from metabench.plugin.status import Offer

__all__ = ["command"]

Entry = dict[str, Any]

_KNOWN = (
    "algorithms", "samplers", "adaptations", "tasks", "metrics", "observers", "renderers",
    "launchers", "benchmarks",
)  # fmt: skip
_DETAILS = ("meta_trains", "references", "per_target", "regression")


@click.command("list", cls=Command)
@click.argument(
    "kind",
    required=False,
    type=click.Choice(_KNOWN),
    metavar="[KIND]",
)
@json_option
@plugin_options()
@traceback_option
def command(kind: str | None, as_json: bool) -> int:
    """List algorithms, tasks, metrics, benchmarks and more.

    KIND is algorithms, samplers, adaptations, tasks, metrics, observers, renderers, launchers or
    benchmarks; without it, all are listed.
    """
    catalog = installed()
    kinds = [kind] if kind else list(_KINDS)
    listed = {name: list(_KINDS[name](catalog)) for name in kinds}
    if as_json:
        echo_json(listed)
        return 0
    for name, entries in listed.items():
        if kind is None:
            echo(f"{name}:")
        indent = "" if kind else "  "
        rows = [(entry["name"], entry["summary"], entry["plugin"]) for entry in entries]
        for line in aligned(rows):
            echo(f"{indent}{line}")
    return 0


def _offered(offers: Mapping[str, Offer[Any]]) -> Iterator[Entry]:
    for name, offer in offers.items():
        info = offer.value
        summary = info.summary if hasattr(info, "summary") else info.title  # of a metric
        yield {"name": name, "summary": summary, "plugin": offer.plugin.origin} | _details(info)


def _details(info: Any) -> Entry:
    """Return the other fields of a descriptor that a program can use."""
    if hasattr(info, "model_dump"):
        return dict(info.model_dump(mode="json"))
    known = {key: getattr(info, key) for key in _DETAILS if hasattr(info, key)}
    if hasattr(info, "options"):
        known["options"] = info.options.model_json_schema()
    if hasattr(info, "preset"):
        known["preset"] = dict(info.preset)
    return known


def _observers(catalog: Catalog) -> Iterator[Entry]:
    yield from (entry | {"every_run": False} for entry in _offered(catalog.on_request))
    for observer in catalog.observers:
        summary = f"notified of every run: {', '.join(observer.hooks)}"
        plugin = observer.plugin
        yield {
            "name": plugin.name, "summary": summary, "plugin": plugin.origin, "every_run": True,
        }  # fmt: skip


def _renderers(catalog: Catalog) -> Iterator[Entry]:
    for name, summary in FORMATS.items():
        yield {"name": name, "summary": summary, "plugin": "metabench"}
    yield from _offered(catalog.renderers)


def _benchmarks(catalog: Catalog) -> Iterator[Entry]:
    del catalog
    for name, path in shipped_benchmarks().items():
        with path.open(encoding="utf-8") as file:
            first = file.readline().strip()
        summary = first.lstrip("# ") if first.startswith("#") else ""
        yield {"name": name, "summary": summary, "plugin": "metabench", "path": str(path)}


_KINDS: Mapping[str, Callable[["Catalog"], Iterator[Entry]]] = {
    "algorithms": lambda catalog: _offered(catalog.algorithms),
    "samplers": lambda catalog: _offered(catalog.samplers),
    "adaptations": lambda catalog: _offered(catalog.adaptations),
    "tasks": lambda catalog: _offered(catalog.tasks),
    "metrics": lambda catalog: _offered(catalog.metrics),
    "observers": _observers,
    "renderers": _renderers,
    "launchers": lambda catalog: _offered(catalog.launchers),
    "benchmarks": _benchmarks,
}
