"""A run folder as a stranger may send it: one value or one file of it is another, the seal anew."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from metabench.store.records.seal import sealed, unsealed

__all__ = ["CANARY", "FILES", "VALUES", "Change", "changes"]

CANARY = "canary-4f1c"
"""What stands in every file outside, and is never to be printed."""

VALUES: Mapping[str, Any] = {
    "absolute": "{outside}/victim", "up": "../../../outside/victim", "up once": "..", "here": ".",
    "passwd": "/etc/passwd", "empty": "", "nul": "a\0b", "newline": "a\nb", "slash": "a/b",
    "backslash": "..\\..\\a", "dash": "-rf", "command": "$(touch PWNED)`touch PWNED`",
    "home": "~/victim", "hidden": ".ssh", "escape": "\x1b[31m\x1b]0;x\x07", "c1": "\x9b31m",
    "bidi": "a\u202eb", "filler": "MAML\u3164", "surrogate": "\ud800", "long": "a" * 5000,
    "longer": "a" * 2_000_000, "markup": "</td><script>alert(1)</script>", "formula": "=1+1",
    "latex": "\\input{/etc/passwd}", "format": "{0.__class__}%s%n", "number as text": "1e308",
    "huge": 1e308, "minus huge": -1e308, "tiny": 5e-324, "below": -1, "nought": 0, "half": 0.5,
    "integer": 2**63, "long integer": 10**400, "true": True, "null": None, "list": [],
    "object": {}, "nested": [[[[[[[[[[]]]]]]]]]], "lists": [["a"] * 3] * 3, "text list": ["../a"],
}  # fmt: skip
"""What a field is replaced by: of every kind, and none of them good for all fields."""


@final
@dataclass(frozen=True)
class Change:
    """One thing that a stranger has changed: the file, the field ("" for the whole), the value."""

    file: str
    field: tuple[str | int, ...]
    value: str

    def apply(self, run: Path, outside: Path) -> None:
        """Change a copy of the run folder."""
        path = run / self.file
        if self.field:
            _replace(path, self.field, VALUES[self.value], outside)
        else:
            _replace_file(path, self.value, outside)


def changes(run: Path) -> Iterator[Change]:
    """Yield every change of a run folder: each field of one record of each kind, each file."""
    seen = set()
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        name = path.relative_to(run).as_posix()
        kind = (path.name, path.parent.name.partition("-")[0])
        yield from (Change(name, (), value) for value in FILES)
        if path.suffix == ".json" and kind not in seen:
            seen.add(kind)
            for field in _fields(json.loads(path.read_bytes())):
                yield from (Change(name, field, value) for value in VALUES)
    for folder in ("cells", "processes"):
        yield from (Change(folder, (), value) for value in FILES)


def _fields(tree: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every value; of a list, of its first entry alone."""
    if place and place != ("sha256",):
        yield place
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _fields(value, (*place, name))
    elif isinstance(tree, list) and tree:
        yield from _fields(tree[0], (*place, 0))


def _replace(path: Path, field: tuple[str | int, ...], value: Any, outside: Path) -> None:
    tree: Any = json.loads(unsealed(path.read_bytes()))
    if isinstance(value, str):
        value = value.replace("{outside}", str(outside))
    place = tree
    for part in field[:-1]:
        place = place[part]
    place[field[-1]] = value
    path.write_bytes(sealed((json.dumps(tree, indent=2) + "\n").encode()))


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20 * 1024**3)


_MAKERS: Mapping[str, Callable[[Path, Path], object]] = {
    "link": lambda path, outside: path.symlink_to(outside / "victim"),
    "link to a folder": lambda path, outside: path.symlink_to(outside),
    "dangling link": lambda path, outside: path.symlink_to(outside / "made"),
    "pipe": lambda path, _: os.mkfifo(path),
    "device": lambda path, _: path.symlink_to("/dev/zero"),
    "folder": lambda path, _: (path / "inner").mkdir(parents=True),
    "huge": lambda path, _: _sparse(path),
    "empty": lambda path, _: path.touch(),
    "noise": lambda path, _: path.write_bytes(bytes(range(256)) * 4),
    "hard link": lambda path, outside: os.link(outside / "victim", path),
}
FILES = tuple(_MAKERS)
"""What a file is replaced by."""


def _replace_file(path: Path, kind: str, outside: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    _MAKERS[kind](path, outside)
