"""Every setting of a run, from its benchmark file with the defaults filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from metabench.api.report import Sheet
from metabench.limits import CELL_RECORD_BYTES
from metabench.store.file_names import RESOLVED, SPEC
from metabench.store.run_folder import Store

__all__ = ["resolved_file", "settings"]

_SECTIONS = ("model", "pretrain", "meta", "finetune", "seeds", "compute", "compare")
_LEFT_OUT = {"compare.published"}
_DEFAULT = "default"

_Tree: TypeAlias = Mapping[str, Any]


def settings(stores: Sequence[Store]) -> Iterator[Sheet]:
    """Yield the settings and the methods of each benchmark file; runs of one file share them.

    A folder whose files cannot be read has none.
    """
    known: dict[str, Store] = {}
    for store in stores:
        text = _text(store, RESOLVED)
        if text and text not in known:
            known[text] = store
    for number, (text, store) in enumerate(known.items(), 1):
        resolved = _tree(text)
        name = f" of {resolved.get('name', store.folder.name)}" * (len(known) > 1)
        given = _tree(_text(store, SPEC))
        yield from _sheets(
            resolved, given, store.run().overrides, ending=f"-{number}" * (number > 1), of=name
        )


def _sheets(
    resolved: _Tree, given: _Tree, overrides: Sequence[str], *, ending: str, of: str
) -> Iterator[Sheet]:
    changed = {text.partition("=")[0].strip() for text in overrides}
    asked = dict(_flat(given))
    rows = [
        (f"{path}", _shown(value), _source(path, asked, changed))
        for path, value in _flat({name: resolved[name] for name in _SECTIONS if name in resolved})
        if path not in _LEFT_OUT
    ]
    if rows:
        named = ("setting", "value", "given by")
        yield Sheet(f"settings{ending}", f"Settings{of}", named, tuple(rows))
    methods = [method for method in resolved.get("methods", ()) if isinstance(method, Mapping)]
    theirs = {str(each.get("id")): each for each in given.get("methods", ())}
    if methods:
        lines = tuple(_method(method, theirs.get(str(method.get("id")))) for method in methods)
        headers = ("method", "algorithm", "sampler", "options")
        yield Sheet(f"methods{ending}", f"Methods{of}", headers, lines)


def _method(method: _Tree, given: _Tree | None) -> tuple[str, ...]:
    """Return a method's id, algorithm, sampler and options, each default marked as one."""
    sampler = method.get("sampler") or {}
    asked = None if given is None else dict(_flat(given))
    rest = {key: value for key, value in method.items() if key not in {"id", "algorithm"}}
    options = [
        f"{path.removeprefix('options.')} = {_shown(value)}"
        + f" ({_DEFAULT})" * (asked is not None and not {path, path.partition(".")[0]} & {*asked})
        for path, value in _flat(rest)
        if path != "sampler.name"
    ]
    name = str(sampler.get("name", "-")) if isinstance(sampler, Mapping) else str(sampler)
    return str(method.get("id")), str(method.get("algorithm")), name, ", ".join(options) or "-"


def _source(path: str, asked: Mapping[str, Any], changed: set[str]) -> str:
    if any(path == one or path.startswith(f"{one}.") for one in changed):
        return "command line"
    return "file" if path in asked else _DEFAULT


def _flat(tree: _Tree, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted path and value of each leaf; a list is a leaf."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(store: Store, name: str) -> str:
    """Return a benchmark file of the run; "" where it cannot be read."""
    with suppress(OSError, UnicodeDecodeError), store.root.opened() as here:
        return here.read(name, most=CELL_RECORD_BYTES).decode()
    return ""


def resolved_file(store: Store) -> _Tree:
    """Return a run's benchmark file with its defaults filled in; nothing where it is damaged."""
    return _tree(_text(store, RESOLVED))


def _tree(text: str) -> _Tree:
    with suppress(tomllib.TOMLDecodeError):
        return tomllib.loads(text)
    return {}
