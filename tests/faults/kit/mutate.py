"""Inputs near to good ones: what a slip of the hand, a wrong tool or ill will makes of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Mutator"]

_TOKENS = [
    b"", b"\n", b"\r", b"\r\n", b"\t", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80",
    b"'", b'"', b'"""', b"'''", b"`", b"\\", b"\\u0000", b"\\ud800", b"#", b"=", b".", b",", b":",
    b"[", b"]", b"[[", b"]]", b"{", b"}", b"{}", b"[]", b"-", b"---\n",
    b"!!python/object:os.system",
    b"0", b"-0", b"-1", b"1e999", b"-1e999", b"nan", b"NaN", b"inf", b"Infinity", b"5.0", b"0x10",
    b"1" * 400, b"9" * 5000, b"1e-400", b"18446744073709551616", b"-9223372036854775809",
    b"true", b"false", b"null", b"None", b'""', b"''", b"1979-05-27T07:32:00Z", b"07:32:00",
    b"../", b"/dev/zero", b"~", b"C:\\", b"http://localhost/", b"%s%n", b"{0}", b"${HOME}",
    b"=cmd|' /C calc'!A0", b"<script>", b"\x1b[31m", "\u202e".encode(), "\u0130".encode(),
    "é".encode(), "e\u0301".encode(), "\U0001f600".encode(), b"&a [*a,*a]", b"a" * 3000, b"[" * 300,
    b"a." * 500, b"{a=" * 30, b"&x ", b"*x", b"<<: *x", b"? ", b"%YAML 9.9\n", b"- " * 50,
]  # fmt: skip


class Mutator:
    """Makes mutants of examples, the same ones from the same generator.

    Args:
        draws: the generator.
        examples: good inputs; parts of one find their way into another.
    """

    def __init__(self, draws: np.random.Generator, examples: list[bytes]) -> None:
        self._draws, self._examples = draws, examples

    def __call__(self) -> bytes:
        """Return a mutant: an example with one to four changes."""
        data = self._example()
        for _ in range(1 + self._below(4)):
            data = self._changed(data)
        return data

    def _example(self) -> bytes:
        return self._examples[self._below(len(self._examples))]

    def _below(self, most: int) -> int:
        return int(self._draws.integers(max(1, most)))

    def _span(self, data: bytes, longest: int = 40) -> tuple[int, int]:
        start = self._below(len(data) + 1)
        return start, min(len(data), start + self._below(longest))

    def _changed(self, data: bytes) -> bytes:
        changes = (self._flip, self._insert, self._replace, self._drop, self._lines, self._word)
        changes += (self._splice, self._insert, self._word, self._cut)
        return changes[self._below(len(changes))](data)

    def _flip(self, data: bytes) -> bytes:
        at = self._below(len(data))
        return data[:at] + bytes([self._below(256)]) + data[at + 1 :]

    def _token(self) -> bytes:
        return _TOKENS[self._below(len(_TOKENS))]

    def _insert(self, data: bytes) -> bytes:
        at = self._below(len(data) + 1)
        return data[:at] + self._token() + data[at:]

    def _replace(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + self._token() + data[end:]

    def _drop(self, data: bytes) -> bytes:
        start, end = self._span(data)
        return data[:start] + data[end:]

    def _cut(self, data: bytes) -> bytes:
        return data[: self._below(len(data) + 1)]

    def _lines(self, data: bytes) -> bytes:
        """Repeat, move or leave out a line."""
        lines = data.splitlines(keepends=True) or [b""]
        line = lines.pop(self._below(len(lines)))
        for _ in range(self._below(3)):
            lines.insert(self._below(len(lines) + 1), line)
        return b"".join(lines)

    def _word(self, data: bytes) -> bytes:
        """Put a token in the place of a word or number, or a word in the place of another."""
        words = data.split(b" ")
        other = self._example().split(b" ")
        at = self._below(len(words))
        words[at] = self._token() if self._below(2) else other[self._below(len(other))]
        return b" ".join(words)

    def _splice(self, data: bytes) -> bytes:
        other = self._example()
        start, end = self._span(other, 200)
        at = self._below(len(data) + 1)
        return data[:at] + other[start:end] + data[at:]
