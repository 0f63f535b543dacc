"""The line of every key path of a TOML text."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["KeyPath", "Lines", "locate"]

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys and list indexes, from the root."""

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|#[^\n]*|[ \t\r]+|[\n\[\]{}=,.]|[^\s\[\]{}=,.#\"']+",
    re.DOTALL,
)


@final
@dataclass(frozen=True, slots=True)
class Lines:
    """The line, counted from 1, of every key path of a text."""

    known: Mapping[KeyPath, int]

    def of(self, path: KeyPath) -> int:
        """Return the line of the path, or of the nearest place around it; 1 for the whole text."""
        while path and path not in self.known:
            path = path[:-1]
        return self.known.get(path, 1)


def locate(text: str) -> Lines:
    """Return the line of each key of a valid TOML text."""
    scanner = _Scanner(text)
    scanner.document()
    return Lines(scanner.lines)


class _Scanner:
    """Walks over the tokens of a text that tomllib has accepted."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._arrays: dict[KeyPath, int] = {}
        self.lines: dict[KeyPath, int] = {}

    def document(self) -> None:
        """Note the lines of a whole document."""
        table: KeyPath = ()
        while self._peek():
            if self._peek() == "\n":
                self._take()
            elif self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        self._take()
        array = self._peek() == "["
        if array:
            self._take()
        line = self._line()
        path: KeyPath = ()
        keys = self._key()
        for position, key in enumerate(keys, start=1):
            path = (*path, key)
            self.lines.setdefault(path, line)
            if array and position == len(keys):
                self._arrays[path] = self._arrays.get(path, 0) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path] - 1)
                self.lines.setdefault(path, line)
        while self._peek() == "]":
            self._take()
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for key in self._key():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._take()  # the equals sign
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        opening = self._peek()
        if opening not in {"[", "{"}:
            while self._peek() not in {"", "\n", ",", "]", "}"}:
                self._take()
            return
        self._take()
        self._skip_newlines_and_commas()
        index = 0
        while self._peek() not in {"", "]", "}"}:
            if opening == "[":
                self.lines.setdefault((*path, index), self._line())
                self._value((*path, index))
                index += 1
            else:
                self._pair(path)
            self._skip_newlines_and_commas()
        self._take()

    def _key(self) -> list[str]:
        keys = []
        while self._peek() not in {"", "=", "]"}:
            word = self._take()
            if word != ".":
                keys.append(_unquoted(word))
        return keys

    def _skip_newlines_and_commas(self) -> None:
        while self._peek() in {"\n", ","}:
            self._take()

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _line(self) -> int:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else 1

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if not token.startswith(("#", " ", "\t", "\r")):
            yield token, line
        line += token.count("\n")


def _unquoted(token: str) -> str:
    if token.startswith('"'):
        return str(tomllib.loads(f"key = {token}")["key"])
    return token[1:-1] if token.startswith("'") else token
