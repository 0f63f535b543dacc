"""The messages between a coordinator and its agents: JSON objects, one per line."""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel, TypeAdapter

from metabench import errors
from metabench.api.events import CellEnded, CellStarted, EndedElsewhere, Event, Noticed, Progressed
from metabench.api.options import Options
from metabench.errors import MetabenchError, PluginError
from metabench.plan.cell import Cell, FineTuneWork, MetaWork, PretrainWork, Provided
from metabench.plugin.local import LocalFile
from metabench.plugin.observers import Observer, loaded_again
from metabench.plugin.status import PluginStatus
from metabench.plugin.target import load_target
from metabench.session.runtime import Assignment, Runtime
from metabench.spec.model.sections import ComputeSpec

__all__ = [
    "assignment_of", "cell_of", "error_of", "event_of", "files_of", "needed_cells", "packed",
    "packed_assignment", "packed_cell", "packed_error", "packed_event", "unpacked",
]  # fmt: skip

_WORKS = {"pretrain": PretrainWork, "meta": MetaWork, "adapt": FineTuneWork}
_PROVIDED = ("algorithm", "sampler", "adaptation", "inner")
_EVENTS: Mapping[str, type[Event]] = {
    kind.__name__: kind for kind in (CellStarted, Progressed, CellEnded, Noticed)
}
_ELSEWHERE = "EndedElsewhere"


def packed(kind: str, **values: Any) -> bytes:
    """Return a message as a line."""
    return json.dumps({"kind": kind, **values}, allow_nan=False).encode() + b"\n"


def unpacked(line: bytes) -> dict[str, Any]:
    """Return the message of a line."""
    message: dict[str, Any] = json.loads(line)
    return message


def packed_assignment(assignment: Assignment) -> dict[str, Any]:
    """Return all but the cells of an assignment, as JSON values; paths are absolute."""
    runtime = assignment.runtime
    hub = runtime.hub
    mirror = None if hub.mirror is None else hub.mirror.absolute()
    cache = None if runtime.cache is None else runtime.cache.absolute()
    return {
        "folder": str(assignment.folder.absolute()),
        "benchmark": assignment.benchmark,
        "spec_hash": assignment.spec_hash,
        "runtime": _plain(replace(runtime, hub=replace(hub, mirror=mirror), cache=cache)),
        "compute": _plain(assignment.compute),
        "files": [
            {"path": str(file.path), "source": b64encode(file.source).decode()}
            for file in assignment.files
        ],
        "observers": [
            {"plugin": _plain(one.plugin), "target": one.target, "called": one.called}
            for one in assignment.observers
        ],
    }


def files_of(values: Mapping[str, Any]) -> tuple[LocalFile, ...]:
    """Return the plugin files of an assignment, to be registered before anything else is read."""
    return tuple(LocalFile(Path(one["path"]), b64decode(one["source"])) for one in values["files"])


def assignment_of(values: Mapping[str, Any]) -> Assignment:
    """Return the assignment that `packed_assignment` packed, with room for cells."""
    return Assignment(
        folder=Path(values["folder"]),
        benchmark=values["benchmark"],
        spec_hash=values["spec_hash"],
        cells={},
        runtime=_read(Runtime, values["runtime"]),
        compute=_read(ComputeSpec, values["compute"]),
        files=files_of(values),
        observers=tuple(_observer(one) for one in values["observers"]),
        seen={},
    )


def needed_cells(cell: Cell, cells: Mapping[str, Cell]) -> Iterator[Cell]:
    """Yield a cell and those that it depends on, directly or not."""
    yield cell
    for need in cell.needs:
        yield from needed_cells(cells[need], cells)


def packed_cell(cell: Cell) -> dict[str, Any]:
    """Return a cell as JSON values.

    Raises:
        PluginError: options of a plugin do not survive it.
    """
    values: dict[str, Any] = _plain(cell)
    return values


def cell_of(values: Mapping[str, Any]) -> Cell:
    """Return the cell that `packed_cell` packed, equal to it."""
    work = dict(values["work"])
    provided = {name: work.pop(name) for name in _PROVIDED if work.get(name)}
    stated = {name: value for name, value in values.items() if name != "work"}
    stated["needs"], stated["notes"] = tuple(values["needs"]), tuple(values["notes"])
    made = {name: _provided(one) for name, one in provided.items()}
    return Cell(work=_read(_WORKS[values["kind"]], work, made), **stated)


def packed_event(event: Event | EndedElsewhere) -> dict[str, Any]:
    """Return an event as JSON values."""
    if isinstance(event, EndedElsewhere):
        return {"event": _ELSEWHERE, "values": _plain(event.ended)}
    return {"event": type(event).__name__, "values": _plain(event)}


def event_of(values: Mapping[str, Any]) -> Event:
    """Return the event that `packed_event` packed."""
    if values["event"] == _ELSEWHERE:
        return EndedElsewhere(_read(CellEnded, values["values"]))
    event: Event = _read(_EVENTS[values["event"]], values["values"])
    return event


def packed_error(error: MetabenchError) -> dict[str, Any]:
    """Return an error as JSON values; its type is the nearest one that `metabench.errors` has."""
    names = (kind.__name__ for kind in type(error).__mro__)
    return {
        "error": next(name for name in names if name in {*errors.__all__}),
        "problem": error.problem,
        "where": error.where,
        "hint": error.hint,
    }


def error_of(values: Mapping[str, Any]) -> MetabenchError:
    """Return the error that `packed_error` packed."""
    kind: type[MetabenchError] = getattr(errors, values["error"])
    return kind(values["problem"], where=values["where"], hint=values["hint"])


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; a float that is not finite as a text."""
    members = _members(value)
    if members is not None:
        return {str(name): _plain(one) for name, one in members.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    endless = isinstance(value, float) and not math.isfinite(value)
    return str(value) if endless or isinstance(value, Path) else value


def _members(value: Any) -> Mapping[Any, Any] | None:
    """Return the named members of a value; None for a value without any."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value):
        held = {one.name: getattr(value, one.name) for one in fields(value)}
        if isinstance(value, Provided):
            held["options"] = _packed_options(value.options)
        return held
    return value if isinstance(value, Mapping) else None


def _packed_options(options: Options) -> dict[str, Any]:
    kind = type(options)
    text = options.model_dump_json(round_trip=True)
    if kind.model_validate_json(text) != options:
        raise PluginError(
            "options change when they are written as JSON",
            where=f"{kind.__module__}.{kind.__qualname__}",
            hint="give each field a type that pydantic reads as it wrote it",
        )
    return {"module": kind.__module__, "class": kind.__qualname__, "values": json.loads(text)}


def _provided(values: Mapping[str, Any]) -> Provided:
    packed_options = values["options"]
    found: Any = load_target(f"{packed_options['module']}:{packed_options['class']}")
    options = found.model_validate_json(json.dumps(packed_options["values"]))
    return Provided(**{**values, "options": options})


def _observer(values: Mapping[str, Any]) -> Observer:
    plugin = _read(PluginStatus, values["plugin"])
    return loaded_again(plugin, values["target"], called=values["called"])


def _read(kind: Any, values: Mapping[str, Any], made: Mapping[str, Any] | None = None) -> Any:
    """Return an instance of a class from JSON values of its fields; ``made`` are fields as such."""
    if issubclass(kind, BaseModel):
        return kind.model_validate_json(json.dumps(values))
    adapters = _adapters(kind)
    read = {name: adapters[name].validate_json(json.dumps(one)) for name, one in values.items()}
    return kind(**read, **(made or {}))


@cache
def _adapters(kind: Any) -> Mapping[str, TypeAdapter[Any]]:
    return {name: TypeAdapter(hint) for name, hint in get_type_hints(kind).items()}
