"""A portrait as lines for the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from metabench.cli.views.option_words import option_rows
from metabench.cli.views.text import aligned, duration
from metabench.escape import visible

__all__ = ["description_lines"]

Rows = list[tuple[str, str]]


def description_lines(description: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `metabench show` prints."""
    words = _WORDS.get(description["kind"], _method)
    yield from aligned([(description["kind"], description["name"]), *words(description)])
    if "options" in description:
        yield ""
        if not description["options"]:
            yield "no options"
            return
        yield "options:"
        for line in aligned(list(option_rows(iter(description["options"])))):
            yield f"  {line}"
    failure = description.get("failure")
    if description["kind"] == "cell" and failure and failure["traceback"]:
        yield ""
        yield visible(failure["traceback"].rstrip(), keep="\n")


def _method(description: Mapping[str, Any]) -> Rows:
    rows = [("summary", description["summary"]), ("plugin", description["plugin"])]
    rows += [("reference", text) for text in description["references"]]
    if description["target"]:
        rows.append(("class", description["target"]))
    if description.get("meta_trains") is False:
        rows.append(("note", "has no meta-training; takes no sampler"))
    if description.get("per_target"):
        rows.append(("note", "meta-trains once for each target task"))
    return rows


def _metric(description: Mapping[str, Any]) -> Rows:
    return [(name, description[name]) for name in ("title", "plugin", "target", "shown")]


def _observer(description: Mapping[str, Any]) -> Rows:
    rows = [(name, description[name]) for name in ("summary", "plugin", "target", "told")]
    rows.append(("hooks", ", ".join(description["hooks"])))
    return [(name, value) for name, value in rows if value]


def _renderer(description: Mapping[str, Any]) -> Rows:
    rows = [(name, description[name]) for name in ("summary", "plugin", "target", "used")]
    return [(name, value) for name, value in rows if value]


def _task(description: Mapping[str, Any]) -> Rows:
    official = ", ".join(f"{name} {rows}" for name, rows in description["splits"].items())
    source = {key: value for key, value in description["source"].items() if value is not None}
    return [
        ("title", description["title"]),
        ("summary", description["summary"]),
        ("plugin", description["plugin"]),
        ("source", ", ".join(f"{key} {value}" for key, value in source.items())),
        ("text columns", ", ".join(description["text"])),
        ("label column", description["label"]),
        ("labels", ", ".join(description["labels"]) or "numbers (regression)"),
        ("metrics", ", ".join(description["metrics"])),
        ("trained on", description["train"]),
        ("scored on", description["scored"]),
        ("official rows", official),
        *(("rows here", _here(split)) for split in description["here"]),
        ("licence", description["licence"]),
        ("citation", description["citation"]),
        *(
            [("note", "GENERATED: scores say nothing about language")]
            if description["generated"]
            else []
        ),
    ]


def _here(split: Mapping[str, Any]) -> str:
    counted = f"{split['rows']} rows, " if split["rows"] is not None else ""
    why = f": {split['problem']}" if split["problem"] else ""
    return f"{split['split']}: {counted}{split['state']}{why}"


def _cell(description: Mapping[str, Any]) -> Rows:
    rows = [
        ("state", description["state"]),
        ("stage", description["stage"] or "?"),
        ("method", description["method"] or "-"),
        ("run", description["run"]),
        ("folder", description["folder"]),
        ("key", description["key"]),
        *(("damage", what) for what in description["damage"]),
    ]
    result, failure, note = description["result"], description["failure"], description["note"]
    if result:
        rows += _result(result)
    if failure and not result:
        rows += [("cause", f"{failure['status']}: {failure['message']}"), ("hint", failure["hint"])]
    record = result or failure
    if record:
        rows += _provenance(record["provenance"])
    if note:
        inputs = ((key, value) for key, value in note["inputs"].items())
        rows += [(f"input {key}", json.dumps(value, ensure_ascii=False)) for key, value in inputs]
    return rows


def _result(result: Mapping[str, Any]) -> Rows:
    rows = [(name, f"{score:.4f}") for name, score in result["scores"].items()]
    if result["collapsed"]:
        rows.append(("note", "every scored row got the same class"))
    counted = ("train_rows", "scored_rows", "steps")
    rows += [
        (name.replace("_", " "), str(result[name])) for name in counted if result[name] is not None
    ]
    rows += [(f"loss, {name}", f"{loss:.4f}") for name, loss in result["losses"].items()]
    rows += [(f"drawn, {name}", str(times)) for name, times in result["draws"].items()]
    rows += [("note", text) for text in result["notes"]]
    rows.append(("time", duration(result["wall_seconds"])))
    return rows


def _provenance(told: Mapping[str, Any]) -> Rows:
    plugins = ", ".join(f"{one['distribution']} {one['version']}" for one in told["plugins"])
    return [
        ("encoder", told["model"]),
        ("device", f"{told['device']} {told['precision']}".strip()),
        ("metabench", told["metabench"]),
        *([("plugins", plugins)] if plugins else []),
        ("ended", told["ended"]),
    ]


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], Rows]] = {
    "task": _task,
    "cell": _cell,
    "metric": _metric,
    "observer": _observer,
    "renderer": _renderer,
}
