"""A benchmark file as read: its data, and the line of each key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from metabench.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.spec.mistakes.locate import KeyPath, Lines

__all__ = ["Document", "at", "spell"]


@final
@dataclass(frozen=True, slots=True)
class Document:
    """A parsed benchmark file with the overrides of the command line.

    Args:
        path: the file.
        text: its content.
        data: its tables, overrides applied.
        lines: the line of each key.
        overridden: the text of the ``--set`` that set a key path.
    """

    path: Path
    text: str
    data: Mapping[str, Any]
    lines: Lines
    overridden: Mapping[KeyPath, str] = field(default_factory=dict)

    def problem(self, path: KeyPath, what: str) -> Problem:
        """Return a problem at its line, or at the ``--set`` that it comes from."""
        words = spell(path)
        for length in range(len(path), 0, -1):
            if path[:length] in self.overridden:
                return Problem(f"--set {self.overridden[path[:length]]}", 0, words, what)
        return Problem(str(self.path), self.lines.of(path), words, what)

    def at(self, path: KeyPath) -> Any:
        """Return the value at a path, None where there is none."""
        return at(self.data, path)


def at(data: Any, path: KeyPath) -> Any:
    """Return the value at a path below ``data``, None where there is none."""
    for key in path:
        in_table = isinstance(data, dict) and key in data
        in_array = isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data)
        if not (in_table or in_array):
            return None
        data = data[key]
    return data


def spell(path: KeyPath) -> str:
    """Return a key path in the words of the file.

    >>> spell(("tasks", "splits", "glue/qnli", "train"))
    'tasks.splits."glue/qnli".train'
    >>> spell(("methods", 2, "options", "inner_steps"))
    'methods[2].options.inner_steps'
    """
    words = ""
    for key in path:
        if isinstance(key, int):
            words += f"[{key}]"
        else:
            words += f".{_key(key)}" if words else _key(key)
    return words


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "_").isidentifier()
    return key if bare or (key.isascii() and key.isalnum()) else f'"{key}"'
