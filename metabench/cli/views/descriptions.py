"""What there is to say of a thing that `metabench show` shows: one JSON value per kind."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from metabench.cli.views.option_words import option_entries
from metabench.plugin.formats import FORMATS

if TYPE_CHECKING:
    from metabench.api import AlgorithmInfo, MetricInfo, SamplerInfo, TaskCard
    from metabench.plugin.catalog import Catalog
    from metabench.plugin.status import Offer
    from metabench.store.run_folder import StoredCell
    from metabench.tasks.hub import Hub

__all__ = [
    "algorithm_description",
    "cell_description",
    "metric_description",
    "observer_description",
    "renderer_description",
    "sampler_description",
    "task_description",
]

Description = dict[str, Any]


def algorithm_description(offer: Offer[AlgorithmInfo]) -> Description:
    """Return all that an algorithm's descriptor says; its mathematics is not loaded."""
    info = offer.value
    return {
        "kind": "algorithm",
        "name": info.name,
        "summary": info.summary,
        "plugin": offer.plugin.origin,
        "target": info.target,
        "meta_trains": info.meta_trains,
        "references": list(info.references),
        "options": list(option_entries(info.options, info.preset)),
    }


def sampler_description(offer: Offer[SamplerInfo]) -> Description:
    """Return all that a sampler's descriptor says."""
    info = offer.value
    return {
        "kind": "sampler",
        "name": info.name,
        "summary": info.summary,
        "plugin": offer.plugin.origin,
        "target": info.target,
        "per_target": info.per_target,
        "references": list(info.references),
        "options": list(option_entries(info.options, {})),
    }


def metric_description(offer: Offer[MetricInfo]) -> Description:
    """Return all that a metric's descriptor says."""
    info = offer.value
    return {
        "kind": "metric",
        "name": info.name,
        "title": info.title,
        "plugin": offer.plugin.origin,
        "target": info.target,
        "shown": "times 100" if info.percent else "as it is",
    }


def observer_description(name: str, catalog: Catalog) -> Description:
    """Return what is known of an observer, one that is asked for or one of every run.

    Raises:
        PluginError: two plugins offer one of that name.
    """
    of_every_run = [each for each in catalog.observers if each.plugin.name == name]
    hooks: tuple[str, ...] = ()
    if of_every_run and name not in catalog.on_request:
        plugin, hooks = of_every_run[0].plugin, of_every_run[0].hooks
        summary, target, told = "", plugin.module, "of every run"
    else:
        info, plugin = catalog.observer(name).value, catalog.observer(name).plugin
        summary, target, told = info.summary, info.target, f"of a run with --observer {name}"
    return {
        "kind": "observer",
        "name": name,
        "summary": summary,
        "plugin": plugin.origin,
        "target": target,
        "told": told,
        "hooks": list(hooks),
    }


def renderer_description(name: str, catalog: Catalog) -> Description:
    """Return what is known of a format for leaderboards, a plugin's or metabench's own.

    Raises:
        PluginError: two plugins offer one of that name.
    """
    used = f"metabench compare --format {name}"
    for own, summary in FORMATS.items():
        if own == name:
            told = {"summary": summary, "plugin": "metabench", "target": "", "used": used}
            return {"kind": "renderer", "name": name, **told}
    offer = catalog.renderer(name)
    told = {"summary": offer.value.summary, "plugin": offer.plugin.origin}
    return {"kind": "renderer", "name": name, **told, "target": offer.value.target, "used": used}


def task_description(offer: Offer[TaskCard], *, hub: Hub) -> Description:
    """Return a task's card, and what is here of its rows; the network is not asked."""
    from metabench.tasks.presence import presence

    card = offer.value
    here = presence(card, hub=hub)
    return {
        "kind": "task",
        **card.model_dump(mode="json"),
        "plugin": offer.plugin.origin,
        "here": [asdict(split) for split in here.splits],
    }


def cell_description(cell: StoredCell, *, run: str) -> Description:
    """Return what a run folder knows of a cell."""
    told = {"note": cell.note, "result": cell.result, "failure": cell.failure}
    records = {
        name: record.model_dump(mode="json", by_alias=True) if record is not None else None
        for name, record in told.items()
    }
    return {
        "kind": "cell",
        "name": cell.name,
        "folder": cell.folder,
        "run": run,
        "stage": cell.kind,
        "method": cell.method,
        "key": cell.key,
        "state": "done" if cell.result else "failed" if cell.failure else "not run",
        "damage": list(cell.damage),
        **records,
    }
