"""A disk on paper: what a power cut may leave of the calls that a process has made.

Data of a file is safe after an fsync of the file; a name in a folder is safe after an fsync of the
folder. Of everything else any part may be there and any may not, but for a rename, which is
there as a whole or not at all. This is less than every file system promises.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.durable import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kit.durable import Call

__all__ = ["Disk", "Tree", "recorded", "write_tree"]

Tree = tuple[tuple[str, "bytes | None"], ...]
"""Path and content (None: a folder) of everything below a folder, sorted."""

_MOST_PENDING = 12


@dataclass
class _File:
    safe: bytes = b""
    now: bytearray = field(default_factory=bytearray)

    def contents(self) -> list[bytes]:
        """Return what may be there after a power cut."""
        now = bytes(self.now)
        found = [now]
        if now != self.safe:
            found += [self.safe, now[: len(now) // 2], bytes(len(now))]
        return list(dict.fromkeys(found))


@dataclass
class _Folder:
    safe: dict[str, Any] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)
    pending: list[dict[str, Any]] = field(default_factory=list)

    def change(self, names: dict[str, Any]) -> None:
        self.pending.append(names)
        _apply(self.now, names)

    def synchronise(self) -> None:
        self.safe, self.pending = dict(self.now), []

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield every set of names that may be there after a power cut."""
        assert len(self.pending) <= _MOST_PENDING
        for chosen in product((True, False), repeat=len(self.pending)):
            names = dict(self.safe)
            for there, change in zip(chosen, self.pending, strict=True):
                if there:
                    _apply(names, change)
            yield names


def _apply(names: dict[str, Any], change: Mapping[str, Any]) -> None:
    for name, node in change.items():
        names.pop(name, None)
        if node is not None:
            names[name] = node


class Disk:
    """A folder as a power cut may leave it; what is there at first is safe."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = _taken(root)
        self._open: dict[int, Any] = {}
        self._paths: dict[int, Path] = {}

    def cuts(self) -> set[Tree]:
        """Return every state in which a power cut now may leave the folder."""
        return {tuple(sorted(tree.items())) for tree in _trees(self._top)}

    def note(self, call: Call, result: Any) -> None:
        """Take notice of a call that has been made."""
        getattr(self, f"_noted_{call.name}")(*call.arguments, result=result, **call.options)

    def _noted_open(self, path: Any, flags: int, *_: Any, result: int, **options: Any) -> None:
        full = self._full(path, options.get("dir_fd"))
        self._paths[result] = full
        if self._root not in (full, *full.parents):
            return
        if full == self._root:
            self._open[result] = self._top
            return
        folder, name = self._place(full)
        if flags & os.O_CREAT and name not in folder.now:
            folder.change({name: _File()})
        self._open[result] = folder.now[name]

    def _noted_write(self, descriptor: int, data: Any, *, result: int) -> None:
        if isinstance(self._open.get(descriptor), _File):
            self._open[descriptor].now += bytes(data)[:result]

    def _noted_fsync(self, descriptor: int, **_: Any) -> None:
        node = self._open.get(descriptor)
        if isinstance(node, _File):
            node.safe = bytes(node.now)
        elif node is not None:
            node.synchronise()

    def _noted_rename(self, source: Any, target: Any, **options: Any) -> None:
        old, name = self._place(self._full(source, options.get("src_dir_fd")))
        new, other = self._place(self._full(target, options.get("dst_dir_fd")))
        assert old is new, "what is renamed stays in its folder"
        old.change({other: old.now[name], name: None})

    _noted_replace = _noted_rename

    def _noted_mkdir(self, path: Any, *_mode: int, **options: Any) -> None:
        folder, name = self._place(self._full(path, options.get("dir_fd")))
        folder.change({name: _Folder()})

    def _noted_unlink(self, path: Any, **options: Any) -> None:
        folder, name = self._place(self._full(path, options.get("dir_fd")))
        folder.change({name: None})

    _noted_rmdir = _noted_unlink

    def _full(self, path: Any, folder: int | None) -> Path:
        return Path(os.path.normpath(self._paths[folder] / path if folder is not None else path))

    def _place(self, path: Path) -> tuple[_Folder, str]:
        """Return the folder that a path lies in, and its name there."""
        *above, name = path.relative_to(self._root).parts
        folder = self._top
        for part in above:
            folder = folder.now[part]
        return folder, name


def _taken(root: Path) -> _Folder:
    names: dict[str, Any] = {}
    for path in root.iterdir():
        if path.is_dir():
            names[path.name] = _taken(path)
        else:
            names[path.name] = _File(path.read_bytes(), bytearray(path.read_bytes()))
    return _Folder(names, dict(names))


def _trees(folder: _Folder) -> Iterator[dict[str, bytes | None]]:
    for names in folder.entries():
        inside: list[list[dict[str, bytes | None]]] = []
        for name, node in names.items():
            if isinstance(node, _File):
                inside.append([{name: content} for content in node.contents()])
            else:
                inside.append(
                    [
                        {name: None, **{f"{name}/{below}": c for below, c in tree.items()}}
                        for tree in _trees(node)
                    ]
                )
        for chosen in product(*inside):
            yield {path: content for part in chosen for path, content in part.items()}


def write_tree(tree: Tree, folder: Path) -> None:
    """Write a state into an empty folder."""
    for path, content in tree:  # a folder sorts before what is in it
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)


@contextmanager
def recorded(root: Path, see: Callable[[Disk], None]) -> Iterator[Disk]:
    """Let ``see`` look at the disk after every call that is made below ``root``."""
    disk = Disk(root)

    def after(call: Call, result: Any) -> None:
        disk.note(call, result)
        see(disk)

    with watched(lambda _call, _original: None, after):
        yield disk
