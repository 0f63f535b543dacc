"""A portrait as lines for the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from metabench.cli.views.option_words import option_rows
from metabench.cli.views.text import aligned, duration
from metabench.escape import visible

__all__ = ["portrait_lines"]

Rows = list[tuple[str, str]]


def portrait_lines(portrait: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `metabench show` prints."""
    words = _WORDS.get(portrait["kind"], _method)
    yield from aligned([(portrait["kind"], portrait["name"]), *words(portrait)])
    if "options" in portrait:
        yield ""
        if not portrait["options"]:
            yield "no options"
            return
        yield "options:"
        for line in aligned(list(option_rows(iter(portrait["options"])))):
            yield f"  {line}"
    failure = portrait.get("failure")
    if portrait["kind"] == "cell" and failure and failure["traceback"]:
        yield ""
        yield visible(failure["traceback"].rstrip(), keep="\n")


def _method(portrait: Mapping[str, Any]) -> Rows:
    rows = [("summary", portrait["summary"]), ("plugin", portrait["plugin"])]
    rows += [("reference", text) for text in portrait["references"]]
    if portrait["target"]:
        rows.append(("class", portrait["target"]))
    if portrait.get("meta_trains") is False:
        rows.append(("note", "has no meta-training; takes no sampler"))
    if portrait.get("per_target"):
        rows.append(("note", "meta-trains once for each target task"))
    return rows


def _metric(portrait: Mapping[str, Any]) -> Rows:
    return [(name, portrait[name]) for name in ("title", "plugin", "target", "shown")]


def _observer(portrait: Mapping[str, Any]) -> Rows:
    rows = [(name, portrait[name]) for name in ("summary", "plugin", "target", "told")]
    rows.append(("hooks", ", ".join(portrait["hooks"])))
    return [(name, value) for name, value in rows if value]


def _renderer(portrait: Mapping[str, Any]) -> Rows:
    rows = [(name, portrait[name]) for name in ("summary", "plugin", "target", "used")]
    return [(name, value) for name, value in rows if value]


def _task(portrait: Mapping[str, Any]) -> Rows:
    official = ", ".join(f"{name} {rows}" for name, rows in portrait["splits"].items())
    source = {key: value for key, value in portrait["source"].items() if value is not None}
    return [
        ("title", portrait["title"]),
        ("summary", portrait["summary"]),
        ("plugin", portrait["plugin"]),
        ("source", ", ".join(f"{key} {value}" for key, value in source.items())),
        ("text columns", ", ".join(portrait["text"])),
        ("label column", portrait["label"]),
        ("labels", ", ".join(portrait["labels"]) or "numbers (regression)"),
        ("metrics", ", ".join(portrait["metrics"])),
        ("trained on", portrait["train"]),
        ("scored on", portrait["scored"]),
        ("official rows", official),
        *(("rows here", _here(split)) for split in portrait["here"]),
        ("licence", portrait["licence"]),
        ("citation", portrait["citation"]),
        *(
            [("note", "GENERATED: scores say nothing about language")]
            if portrait["generated"]
            else []
        ),
    ]


def _here(split: Mapping[str, Any]) -> str:
    counted = f"{split['rows']} rows, " if split["rows"] is not None else ""
    why = f": {split['problem']}" if split["problem"] else ""
    return f"{split['split']}: {counted}{split['state']}{why}"


def _cell(portrait: Mapping[str, Any]) -> Rows:
    rows = [
        ("state", portrait["state"]),
        ("stage", portrait["stage"] or "?"),
        ("method", portrait["method"] or "-"),
        ("run", portrait["run"]),
        ("folder", portrait["folder"]),
        ("key", portrait["key"]),
        *(("damage", what) for what in portrait["damage"]),
    ]
    result, failure, note = portrait["result"], portrait["failure"], portrait["note"]
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
