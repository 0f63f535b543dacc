"""``metabench list``: what a benchmark file or a command can name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from metabench.cli.inputs.installed import installed, plugin_options
from metabench.cli.inputs.options import json_option, traceback_option
from metabench.cli.inputs.places import shipped_benchmarks
from metabench.cli.views.text import aligned, echo, echo_json
from metabench.plugin.formats import FORMATS

if TYPE_CHECKING:
    from metabench.plugin.catalog import Catalog
    from metabench.plugin.status import Offer

__all__ = ["command"]

Entry = dict[str, Any]

_KNOWN = ("algorithms", "samplers", "tasks", "metrics", "observers", "renderers", "benchmarks")


@click.command("list")
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
    """List what a benchmark file or a command can name.

    KIND is algorithms, samplers, tasks, metrics, observers, renderers or benchmarks; without it,
    all are listed.
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


def _algorithms(catalog: Catalog) -> Iterator[Entry]:
    for offer in catalog.algorithms.values():
        info = offer.value
        yield _entry(offer, info.name, info.summary) | {
            "meta_trains": info.meta_trains,
            "references": list(info.references),
            "options": info.options.model_json_schema(),
            "preset": dict(info.preset),
        }


def _samplers(catalog: Catalog) -> Iterator[Entry]:
    for offer in catalog.samplers.values():
        info = offer.value
        yield _entry(offer, info.name, info.summary) | {
            "references": list(info.references),
            "options": info.options.model_json_schema(),
            "per_target": info.per_target,
        }


def _tasks(catalog: Catalog) -> Iterator[Entry]:
    for offer in catalog.tasks.values():
        card = offer.value
        yield _entry(offer, card.name, card.summary) | card.model_dump(mode="json")


def _metrics(catalog: Catalog) -> Iterator[Entry]:
    for offer in catalog.metrics.values():
        yield _entry(offer, offer.value.name, offer.value.title)


def _observers(catalog: Catalog) -> Iterator[Entry]:
    for offer in catalog.on_request.values():
        yield _entry(offer, offer.value.name, offer.value.summary) | {"every_run": False}
    for observer in catalog.observers:
        summary = f"told of every run: {', '.join(observer.hooks)}"
        plugin = observer.plugin
        yield {
            "name": plugin.name, "summary": summary, "plugin": plugin.origin, "every_run": True,
        }  # fmt: skip


def _renderers(catalog: Catalog) -> Iterator[Entry]:
    for name, summary in FORMATS.items():
        yield {"name": name, "summary": summary, "plugin": "metabench"}
    for offer in catalog.renderers.values():
        yield _entry(offer, offer.value.name, offer.value.summary)


def _benchmarks(catalog: Catalog) -> Iterator[Entry]:
    del catalog
    for name, path in shipped_benchmarks().items():
        with path.open(encoding="utf-8") as file:
            first = file.readline().strip()
        summary = first.lstrip("# ") if first.startswith("#") else ""
        yield {"name": name, "summary": summary, "plugin": "metabench", "path": str(path)}


def _entry(offer: Offer[Any], name: str, summary: str) -> Entry:
    return {"name": name, "summary": summary, "plugin": offer.plugin.origin}


_KINDS: Mapping[str, Callable[["Catalog"], Iterator[Entry]]] = {
    "algorithms": _algorithms,
    "samplers": _samplers,
    "tasks": _tasks,
    "metrics": _metrics,
    "observers": _observers,
    "renderers": _renderers,
    "benchmarks": _benchmarks,
}
