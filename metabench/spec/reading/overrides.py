"""``--set key.path=value``: a dotted path in TOML's spelling, and a TOML value."""

from __future__ import annotations

import copy
import re
import tomllib
from typing import TYPE_CHECKING, Any

from metabench.errors import Problem, SpecError
from metabench.spec.mistakes.document import spell
from metabench.suggest import suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metabench.spec.mistakes.locate import KeyPath

__all__ = ["apply_overrides"]

_SEGMENT = r"""(?:[^\s.="'\[\]]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_SHAPE = re.compile(rf"\s*({_SEGMENT}(?:\s*\.\s*{_SEGMENT})*)\s*=(.*)", re.DOTALL)
_LONGEST = 2048
_NAMES = ("id", "task", "name")


def apply_overrides(
    data: Mapping[str, Any], sets: Sequence[str]
) -> tuple[dict[str, Any], Mapping[KeyPath, str]]:
    """Return the data with every ``--set`` applied in turn, and which text set which path.

    Raises:
        SpecError: one of them is no ``key.path=value``, or leads through something that is not
            there; all such problems at once.
    """
    changed = copy.deepcopy(dict(data))
    overridden: dict[KeyPath, str] = {}
    problems = []
    for text in sets:
        try:
            keys, value = _parse(text)
            overridden[_put(changed, keys, value)] = text
        except ValueError as error:
            problems.append(Problem(f"--set {_shown(text)}", 0, "", str(error)))
    if problems:
        raise SpecError(problems)
    return changed, overridden


def _parse(text: str) -> tuple[list[str], Any]:
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST:,} characters")
    if not text.isprintable():
        raise ValueError("holds control characters, or is not UTF-8")
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError("is not of the form key.path=value")
    return [_unquoted(key) for key in re.findall(_SEGMENT, shape[1])], _value(shape[2].strip())


def _unquoted(segment: str) -> str:
    if segment.startswith('"'):
        return str(_value(segment))
    return segment[1:-1] if segment.startswith("'") else segment


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        if not text or text[0] in "\"'[{":
            raise ValueError(f"has a value that is not TOML: {error}") from error
        return text


def _put(data: dict[str, Any], keys: Sequence[str], value: Any) -> KeyPath:
    place: Any = data
    path: KeyPath = ()
    for key in keys[:-1]:
        step = _step(place, key, path)
        if isinstance(step, str):
            place.setdefault(step, {})
        path = (*path, step)
        place = place[step]
    last = _step(place, keys[-1], path)
    place[last] = value
    return (*path, last)


def _step(place: Any, key: str, path: KeyPath) -> str | int:
    if isinstance(place, dict):
        return key
    if not isinstance(place, list):
        raise ValueError(f"{spell(path)} is not a table")  # noqa: TRY004  (a problem of the user's)
    names = [_name(item) for item in place]
    if key in names:
        return names.index(key)
    if key.isdecimal() and key.isascii() and int(key) < len(place):
        return int(key)
    raise ValueError(f"{spell(path)} has no entry {key!r}{suggest(key, filter(None, names))}")


def _name(item: Any) -> str:
    if isinstance(item, str):
        return item
    named = [item[key] for key in _NAMES if key in item] if isinstance(item, dict) else []
    return str(named[0]) if named else ""


def _shown(text: str) -> str:
    shown = text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004  (one line)
    return shown if shown.isprintable() else ascii(shown)
