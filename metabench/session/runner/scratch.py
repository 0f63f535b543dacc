"""The agent's side, where it does not see the run folder: a folder of its own for one cell.

The state and the inputs of a cell come as messages; what the cell writes goes back: a checkpoint
soon after it was written, and everything when the cell ends. Files that cells are built on are
kept for all agents of the machine, by content, so that each comes once.
"""

from __future__ import annotations

import os
import tempfile
from base64 import b64decode
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

from metabench.errors import SetupError, StoppedError
from metabench.session.runner.parcels import MOST_CHECKPOINT_BYTES, Parcel, packed_parcel
from metabench.session.runner.wire import packed
from metabench.store.atomic import commit_file
from metabench.store.checkpoint import newest_files
from metabench.store.file_names import CELLS, CHECKPOINTS, LOCK, RESULT, TEMPORARY
from metabench.store.folder import Folder
from metabench.store.lock import locked
from metabench.store.problems import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metabench.plan.cell import Cell
    from metabench.session.runtime import Assignment

__all__ = ["Scratch"]

_CONTENT = "content"
_PATIENCE_SECONDS = 600.0  # until another agent of the machine has an input
_KEPT = 16  # files that cells are built on: those used last


@final
class Scratch:
    """The folder of an agent.

    Args:
        read: waits for the coordinator's next message; None is the request to stop.
        write: sends the coordinator a line.

    Raises:
        SetupError: the machine's temporary folder cannot be used.
    """

    def __init__(
        self,
        read: Callable[[], Mapping[str, Any] | None],
        write: Callable[[bytes], None],
    ) -> None:
        self._read, self._write = read, write
        self._node = _own_folder()
        self._own = tempfile.TemporaryDirectory(prefix="metabench-", ignore_cleanup_errors=True)
        self.folder = Path(self._own.name)
        self._cells = Folder(self.folder) / CELLS
        self._cell = ""
        self._sent: dict[str, tuple[int, int, int]] = {}
        self._newest = ""

    def close(self) -> None:
        """Delete the folder."""
        self._own.cleanup()

    def assignment(self, given: Assignment, checkout: tuple[str | None, bool | None]) -> Assignment:
        """Return an assignment with this folder in the place of the run's.

        ``checkout`` is what git knows of the command's working folder.
        """
        runtime = given.runtime
        mirror = runtime.hub.mirror
        hub = runtime.hub if mirror and mirror.is_dir() else replace(runtime.hub, mirror=None)
        runtime = replace(runtime, hub=hub, cache=self._node.path / "encoded")
        return replace(given, folder=self.folder, runtime=runtime, checkout=checkout)

    def take(self, cell: Cell, inputs: list[dict[str, Any]]) -> None:
        """Lay out a cell: its state, which comes now, and the results that it is built on.

        Raises:
            StoppedError: a stop was requested while inputs were on their way.
            StoreError: the folder cannot be written.
        """
        self._cell, self._sent, self._newest = cell.folder, {}, ""
        for path, data in self._arrived(cell.name).items():
            *parts, name = path.split("/")
            place = self._cells / cell.folder
            for part in parts:
                self._newest = part
                place /= part
            commit_file(place, name, data)
        for one in inputs:
            place = self._cells / one["folder"]
            for path, digest in one["files"].items():
                self._give(place, path, digest, where=cell.name)
            commit_file(place, RESULT, b64decode(one["result"]))

    def send_checkpoint(self) -> str:
        """Send a new checkpoint, and what else is new; return why it was not sent, "" if it was."""
        newest = newest_files(self._cells / self._cell / CHECKPOINTS, after=self._newest)
        if not newest:
            return ""
        self._newest = next(iter(newest)).split("/")[1]
        size = sum(map(len, newest.values()))
        if size > MOST_CHECKPOINT_BYTES:
            most = MOST_CHECKPOINT_BYTES // 1024**2
            return f"a checkpoint of {size // 1024**2} MiB stays on its node; {most} are sent"
        self.send(newest)
        return ""

    def send(self, checkpoint: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Send what is new but for checkpoints, and this one."""
        files = {**dict(self._changed(self._cells / self._cell)), **checkpoint}
        for line in packed_parcel(files):
            self._write(line)

    def clear(self) -> None:
        """Delete the cell and its inputs."""
        with suppress(OSError), self._cells.around.opened() as here:
            here.remove_tree(CELLS, ours=lambda _: True)

    def _changed(self, place: Folder) -> Iterator[tuple[str, bytes]]:
        with explained(place.path), place.opened() as here:
            for name in here.names():
                facts = here.facts(name)
                skipped = name in {LOCK, CHECKPOINTS} or TEMPORARY.fullmatch(name)
                if facts is None or skipped:
                    continue
                stamp = facts.st_ino, facts.st_size, facts.st_mtime_ns
                if self._sent.get(name) != stamp:
                    self._sent[name] = stamp
                    yield name, here.read(name, most=None)

    def _give(self, place: Folder, path: str, digest: str, *, where: str) -> None:
        """Give a cell a file that this machine has, or that the coordinator sends now."""
        kept = self._node / _CONTENT / digest
        with locked(kept, LOCK, patience=_PATIENCE_SECONDS):
            data = _whole(kept, path, digest)
            if data is None:
                self._write(packed("want", sha256=digest))
                data = self._arrived(where)[path]
                commit_file(kept, path, data)
        _keep_newest(self._node / _CONTENT)
        commit_file(place, path, data)

    def _arrived(self, where: str) -> dict[str, bytes]:
        parcel = Parcel()
        while (message := self._read()) is not None:
            files = parcel.add(message)
            if files is not None:
                return files
        raise StoppedError(
            "stopped before its inputs had arrived",
            where=where,
            hint="the next `metabench run` starts the cell again",
        )


def _whole(folder: Folder, name: str, digest: str) -> bytes | None:
    """Return a file; None where it is missing or has another sha256."""
    with suppress(OSError), folder.opened() as here:
        data = here.read(name, most=None)
        return data if sha256(data).hexdigest() == digest else None
    return None


def _own_folder() -> Folder:
    """Return the folder of this user's agents on this machine.

    Raises:
        SetupError: it cannot be made, or belongs to another user.
    """
    number = os.getuid() if hasattr(os, "getuid") else 0
    folder = Folder(Path(tempfile.gettempdir())) / f"metabench-{number}"
    try:
        with folder.opened(make=True):
            pass
        owner = folder.path.lstat().st_uid
        if owner == number:
            folder.path.chmod(0o700)
    except OSError as error:
        problem = f"cannot be used: {error.strerror}"
        raise SetupError(problem, where=str(folder.path), hint="set TMPDIR") from error
    if owner != number:
        raise SetupError("belongs to another user", where=str(folder.path), hint="set TMPDIR")
    return folder


def _keep_newest(folder: Folder) -> None:
    """Delete all but the newest contents; an agent that reads another one asks for it again."""
    with suppress(OSError), folder.opened() as here:
        times = {name: facts.st_mtime_ns for name in here.names() if (facts := here.facts(name))}
        for name in sorted(times, key=times.__getitem__)[:-_KEPT]:
            here.remove_tree(name)
