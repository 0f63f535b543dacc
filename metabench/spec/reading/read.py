"""Read a benchmark file: capped, regular files only, TOML, overrides applied."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from typing import TYPE_CHECKING, Any

from metabench.errors import Problem, SpecError
from metabench.spec.mistakes.document import Document
from metabench.spec.mistakes.locate import locate
from metabench.spec.mistakes.syntax import syntax_problem
from metabench.spec.reading.overrides import apply_overrides

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["read_document"]

_LARGEST = 64 * 1024
_LONGEST_LINE = 2 * 1024
_DEEPEST = 16
_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def read_document(path: Path, sets: Sequence[str] = (), *, text: str | None = None) -> Document:
    """Return a benchmark file with every ``--set`` applied; nothing is checked but the syntax.

    Args:
        path: the file.
        sets: overrides, each ``key.path=value``.
        text: TOML in place of the file's content; the file need not exist.

    Raises:
        SpecError: there is no such file, it is not a regular file, it is too large, it is not
            TOML, or an override leads nowhere.
    """
    text = _text(path, _bytes(path) if text is None else text.encode())
    data = _parsed(path, text)
    _refuse_depth(path, data)
    changed, overridden = apply_overrides(data, sets)
    _refuse_depth(path, changed)
    return Document(path, text, changed, locate(text), overridden)


def _text(path: Path, content: bytes) -> str:
    if len(content) > _LARGEST:
        raise _refused(path, f"is larger than {_LARGEST // 1024} KiB, and nothing larger is read")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(path, "is not UTF-8", line) from error
    for number, line_text in enumerate(text.split("\n"), start=1):
        if len(line_text) > _LONGEST_LINE:
            raise _refused(path, f"the line is longer than {_LONGEST_LINE:,} characters", number)
    return text


def _bytes(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise _refused(path, f"cannot be read: {_reason(error)}") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _refused(path, "is not a regular file")
    with os.fdopen(handle, "rb") as file:
        return file.read(_LARGEST + 1)


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _refused(path, "is nested too deeply") from error
    except ValueError as error:  # most of them TOMLDecodeError
        what, line = _syntax(str(error), text)
        raise _refused(path, what, line) from error


def _syntax(message: str, text: str) -> tuple[str, int]:
    position = _POSITION.search(message)
    words = _POSITION.sub("", message)
    line = int(position[1]) if position and position[1] else text.rstrip().count("\n") + 1
    return syntax_problem(words), line


def _refuse_depth(path: Path, data: dict[str, Any]) -> None:
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        level = [
            item
            for place in level
            for item in (place.values() if isinstance(place, dict) else place)
            if isinstance(item, dict | list)
        ]
        if not level:
            return
    raise _refused(path, f"is nested deeper than {_DEEPEST} levels")


def _reason(error: OSError | ValueError) -> str:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{reason[:1].lower()}{reason[1:]}"


def _refused(path: Path, what: str, line: int = 0) -> SpecError:
    return SpecError([Problem(str(path), line, "", what)])
