"""A tracker's folder in a run folder, where all is written; no link is followed."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import final

__all__ = ["Place"]

_MODE = 0o666
_PATIENCE_SECONDS = 60.0


@final
class Place:
    """A tracker's folder, made where it is missing.

    Args:
        run: the run folder.
        name: name of the tracker.

    Raises:
        OSError: there is a link or a file of this name, or it cannot be made.
    """

    def __init__(self, run: Path, name: str) -> None:
        self.path = run / name
        with suppress(FileExistsError):
            self.path.mkdir()
        self._folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)

    def close(self) -> None:
        """Close it."""
        os.close(self._folder)

    def read(self, name: str) -> str:
        """Return the text of a file, "" where there is none."""
        try:
            number = self._open(name, os.O_RDONLY)
        except FileNotFoundError:
            return ""
        with os.fdopen(number, encoding="utf-8", errors="replace") as file:
            return file.read()

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        self._write(name, text, os.O_TRUNC)

    def append(self, name: str, line: str) -> None:
        """Append a line to a file, on a line of its own also after one that a kill has cut."""
        before = self.read(name)
        self._write(name, f"{'' if before.endswith(chr(10)) or not before else chr(10)}{line}\n", 0)

    def remove(self, name: str) -> None:
        """Remove a file, a link, or a folder with all in it, if it is there."""
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(os.lstat(name, dir_fd=self._folder).st_mode):
                shutil.rmtree(name, dir_fd=self._folder)
            else:
                os.unlink(name, dir_fd=self._folder)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder, so that only one process of this tracker follows a run folder.

        Raises:
            TimeoutError: another one still does after a minute; it sees the cells of this run too.
        """
        number = self._open("LOCK", os.O_RDWR | os.O_CREAT)
        try:
            _lock(number, until=time.monotonic() + _PATIENCE_SECONDS)
            os.ftruncate(number, 0)
            os.write(number, str(os.getpid()).encode())
            yield
        finally:
            os.close(number)

    def _write(self, name: str, text: str, flag: int) -> None:
        number = self._open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | flag)
        try:
            left = text.encode()
            while left:
                left = left[os.write(number, left) :]
        finally:
            os.close(number)

    def _open(self, name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, _MODE, dir_fd=self._folder)


def _lock(number: int, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError("another process tracks this run folder") from None
            time.sleep(0.5)
        else:
            return
