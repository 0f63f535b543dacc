"""All facts about a thing that `metabench show` shows: one JSON value, and the same as lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from metabench.cli.views.option_words import option_entries, option_rows
from metabench.cli.views.text import aligned
from metabench.plugin.formats import FORMATS
from metabench.quantities import seconds_text
from metabench.tasks.own.metrics import OF_ONE_CLASS

if TYPE_CHECKING:
    from metabench.api import AdaptationInfo, AlgorithmInfo, MetricInfo, SamplerInfo, TaskCard
    from metabench.plugin.catalog import Catalog
    from metabench.store.run_folder import StoredCell
    from metabench.tasks.hub import Hub

__all__ = ["cell_description", "describe", "description_lines"]

Description = dict[str, Any]

_ON_EVERY_RECORD = frozenset({"schema", "kind", "name", "key", "method"})


def describe(kind: str, name: str, *, catalog: Catalog, hub: Hub) -> Description:
    """Return the facts about an installed thing; no mathematics is loaded, no network asked.

    Raises:
        PluginError: two plugins register the name.
    """
    if kind == "observer" and name not in catalog.on_request:
        for each in catalog.observers:
            if each.plugin.name == name:
                told = {"target": each.plugin.module, "told": "of every run", "hooks": each.hooks}
                return {"kind": kind, "name": name, "plugin": each.plugin.origin, **told}
    used = {
        "renderer": {"used": f"metabench compare --format {name}"},
        "observer": {"told": f"of a run with --observer {name}"},
    }.get(kind, {})
    for own, summary in FORMATS.items():
        if kind == "renderer" and own == name:
            return {"kind": kind, "name": name, "summary": summary, "plugin": "metabench", **used}
    offer = getattr(catalog, kind)(name)
    facts = _FACTS.get(kind, _target)(offer.value)
    if kind == "metric" and name in OF_ONE_CLASS:
        chosen = 'the second of two, or `positive = "NAME"` of [[tasks.define]]'
        facts["positive_class"] = {"own tasks": chosen, **_positive_classes(name, catalog)}
    if kind == "task":
        from metabench.tasks.presence import presence

        facts["here"] = [asdict(split) for split in presence(offer.value, hub=hub).splits]
    told = {"summary": getattr(offer.value, "summary", ""), "plugin": offer.plugin.origin}
    return {"kind": kind, "name": name, **told, **facts, **used}


def cell_description(cell: StoredCell, *, run: str) -> Description:
    """Return the facts that a run folder holds about a cell."""
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
        "state": _state(cell),
        "damage": list(cell.damage),
        **records,
    }


def _state(cell: StoredCell) -> str:
    """Return the state that a cell's records show; a running cell has a note and nothing else."""
    if cell.result:
        return "done"
    if cell.failure and cell.failure.status != "interrupted":
        return "failed"
    if cell.failure:
        return "interrupted"
    return "started, not finished" if cell.note else "not run"


def description_lines(description: Description) -> Iterator[str]:
    """Yield the description as lines, whatever its kind: each fact that it has, by its name."""
    facts = {name: value for name, value in description.items() if name != "options"}
    facts = {facts.pop("kind"): facts.pop("name"), **facts}
    rows = list(_rows(facts))
    yield from aligned([row for row in rows if "\n" not in row[1]])
    for _, block in rows:
        if "\n" in block:
            yield from ("", *block.rstrip().splitlines())
    if "options" in description:
        yield from ("", "options:" if description["options"] else "no options")
        options = list(option_rows(description["options"]))
        yield from (f"  {line}" for line in (aligned(options) if options else ()))


def _algorithm(info: AlgorithmInfo) -> Description:
    note = [] if info.meta_trains else ["has no meta-training; takes no sampler"]
    return {
        "target": info.target,
        "meta_trains": info.meta_trains,
        "references": list(info.references),
        "notes": note,
        "options": list(option_entries(info.options, info.preset)),
    }


def _sampler(info: SamplerInfo) -> Description:
    note = ["meta-trains once for each target task"] if info.per_target else []
    return {
        "target": info.target,
        "per_target": info.per_target,
        "references": list(info.references),
        "notes": note,
        "options": list(option_entries(info.options, {})),
    }


def _adaptation(info: AdaptationInfo) -> Description:
    return {
        "target": info.target,
        "regression": info.regression,
        "references": list(info.references),
        "notes": [] if info.regression else ["needs a task with classes"],
        "options": list(option_entries(info.options, {})),
    }


def _metric(info: MetricInfo) -> Description:
    shown = "times 100" if info.percent else "as it is"
    facts = {"title": info.title, "target": info.target, "shown": shown, "of": info.of}
    if info.range is not None:
        facts["range"] = f"{info.range[0]:g} to {info.range[1]:g}"
    return facts


def _positive_classes(metric: str, catalog: Catalog) -> Mapping[str, str]:
    """Return the class that a metric of one of two classes is of, by installed task."""
    cards = [offer.value for offer in catalog.tasks.values()]
    return {
        card.name: card.labels[1]
        for card in cards
        if metric in card.metrics and len(card.labels) == 2  # noqa: PLR2004
    }


def _task(card: TaskCard) -> Description:
    notes = ["GENERATED: scores mean nothing about language"] if card.generated else []
    notes += ["labels are numbers (regression)"] if card.regression else []
    return {**card.model_dump(mode="json"), "notes": notes}


def _target(info: Any) -> Description:
    return {"target": info.target}


_FACTS: Mapping[str, Callable[[Any], Description]] = {
    "algorithm": _algorithm,
    "sampler": _sampler,
    "adaptation": _adaptation,
    "metric": _metric,
    "task": _task,
}


def _rows(facts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        label = f"{above} {name.replace('_', ' ')}".lstrip()
        if value in (None, "", [], {}) or (above and name in _ON_EVERY_RECORD):
            continue
        if isinstance(value, Mapping) and any(isinstance(part, Mapping) for part in value.values()):
            yield from _rows(value, label)
        elif isinstance(value, list) and any(" " in _text(part) for part in value):
            yield from ((label.removesuffix("s"), _text(part)) for part in value)
        elif name.endswith("_seconds"):
            yield label.removesuffix(" seconds"), seconds_text(value)
        else:
            yield label, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        said = ((key, part) for key, part in value.items() if part not in (None, "", [], {}))
        return ", ".join(f"{key} {_text(part)}" for key, part in said)
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
