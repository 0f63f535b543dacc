"""Why two cells have different keys: the leaves of their inputs that differ, in words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["differences"]

_HASH = re.compile(r"[0-9a-f]{40,64}")
_LONGEST = 40
_ADAPTATIONS = ("adaptation", "finetune")  # of which a cell has one

_WORDS = {
    "engine": "the engine computes other numbers",
    "model": "files of the encoder changed",
    "data": "training examples of {task} changed",
    "scored_data": "evaluation set of {task} changed",
    "standardised": "whether targets of {task} are standardised changed",
}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one phrase for each leaf that differs, those of tasks first.

    >>> differences({"algorithm": {"options": {"inner_lr": 0.001}}},
    ...             {"algorithm": {"options": {"inner_lr": 0.01}}})
    ('options.inner_lr 0.001 → 0.01',)
    """
    before, after = dict(_leaves(old)), dict(_leaves(new))
    tasks = tuple(_tasks(_table(old, "tasks"), _table(new, "tasks")))
    other = [part for part in _ADAPTATIONS if (part in old) != (part in new)]
    changed = [
        path
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
        and path[0] not in other
        and not _of_lone_task(path, old, new)
    ]
    of_target = ("the adaptation changed",) if other else ()
    return (
        *tasks,
        *of_target,
        *(_phrase(path, before.get(path), after.get(path)) for path in changed),
    )


def _table(inputs: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = inputs.get(key)
    return value if isinstance(value, dict) else {}


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, list(value) if isinstance(value, tuple) else value


def _tasks(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for names, verb in ((new.keys() - old.keys(), "added"), (old.keys() - new.keys(), "removed")):
        if names:
            yield f"tasks: {', '.join(sorted(names))} {verb}"


def _of_lone_task(path: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a leaf belongs to a task of one side only, which is reported already."""
    if path[0] != "tasks" or len(path) < 2:  # noqa: PLR2004  (the table and a task)
        return False
    return path[1] not in _table(old, "tasks") or path[1] not in _table(new, "tasks")


def _phrase(path: tuple[str, ...], old: Any, new: Any) -> str:
    words = _WORDS.get(path[-1]) if path[0] in {"engine", "model", "task", "tasks"} else None
    if words is not None:
        return words.format(task=path[1] if path[0] == "tasks" else "the task")
    place = ".".join(path[1:] if path[:2] == ("algorithm", "options") else path)
    if path[-1] == "source":
        return f"source of the {' '.join(path[:-1])} changed"
    if path[-1] in {"initialisation", "encoder"} and _is_hash(old) and _is_hash(new):
        return f"{place} changed"
    return f"{place} {_shown(old)} → {_shown(new)}"


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if _is_hash(value):
        return str(value)[:8]
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
