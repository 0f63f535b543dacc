"""Power cuts on a real file system: an image of ext4 is copied while somebody writes to it.

Run as ``unshare -m python -m kit.ext4 FOLDER CUTS``. Whatever the writer has not handed to the
disk by fsync is not in the image yet, so that a copy of it is what a power cut leaves. The writer
is stopped while the image is copied: its calls are whole, the file system's own writes need not be.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kit.subjects import commit_checkpoint, newest_checkpoint
from metabench.seeding import Stream
from metabench.store.records.cell import CellNote, Provenance, Result
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["can_mount", "power_cuts"]

_BYTES = 16 * 1024**2
_KEPT = 40
"""Cells that are written before the writer begins again with the first."""


def can_mount(folder: Path) -> bool:
    """Return whether an image may be mounted here, in a namespace of its own."""
    if not all(map(shutil.which, ("unshare", "mkfs.ext4", "mount"))):
        return False
    image, place = folder / "probe", folder / "probe-mounted"
    place.mkdir()
    _make(image)
    words = ["unshare", "-m", "mount", "-o", "loop", str(image), str(place)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def power_cuts(folder: Path, cuts: int) -> dict[str, int]:
    """Cut the power so often; return what was seen.

    Raises:
        AssertionError: something acknowledged is gone, or something that is there is not whole.
    """
    image = folder / "image"
    _make(image)
    draws = Stream.root(0).child("power").numpy()
    found = {"cuts": 0, "acknowledged": 0, "ahead": 0}
    with _mounted(image, folder / "disk") as disk, _writer(disk) as (writer, pipe):
        last = -1
        for _ in range(cuts):
            time.sleep(float(draws.uniform(0.005, 0.05)))
            _stop(writer)
            last = max(last, *_numbers(pipe), -1)
            shutil.copyfile(image, folder / "copy")
            os.kill(writer, signal.SIGCONT)
            with _mounted(folder / "copy", folder / "after") as after:
                found["ahead"] += _check(after, last) - last
            found["cuts"] += 1
        found["acknowledged"] = last + 1
    return found


@contextmanager
def _writer(disk: Path) -> Iterator[tuple[int, int]]:
    """Yield the number of a process that writes, and the pipe on which it acknowledges."""
    acknowledged, says = os.pipe()
    os.set_blocking(acknowledged, False)
    writer = os.fork()
    if writer == 0:
        _write(disk, says)
    try:
        yield writer, acknowledged
    finally:
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)


def _key(number: int) -> str:
    return hashlib.sha256(f"cell {number % _KEPT}".encode()).hexdigest()


def _name(number: int) -> str:
    return f"cell-{number % _KEPT}-{_key(number)[:8]}"


def _commit(disk: Path, number: int) -> None:
    if number % 3 == 2:  # every third is a checkpoint
        commit_checkpoint(disk, step=number)
        return
    cell = {"kind": "adapt", "name": "cell", "key": _key(number)}
    store = Store(disk)
    store.commit_note(_name(number), CellNote(**cell, inputs={"number": number}))
    provenance = Provenance(metabench="0", python="3")
    store.commit_result(
        _name(number), Result(**cell, steps=number, wall_seconds=1.0, provenance=provenance)
    )


def _write(disk: Path, says: int) -> None:
    number = 0
    while True:
        _commit(disk, number)
        os.write(says, f"{number}\n".encode())
        number += 1


def _check(disk: Path, last: int) -> int:
    """Check a disk after a power cut; return the last commit that is there."""
    store, there = Store(disk), last
    for number in range(max(0, last - _KEPT + 1), last + 1):
        if number % 3 == 2:
            continue
        found = store.cell(_name(number))
        assert found.damage == (), found.damage
        assert found.result is not None, f"the result of commit {number} is gone"
        assert found.result.steps is not None
        assert found.result.steps in {number, number + _KEPT}
    for found in store.cells():
        assert found.damage == (), found.damage
        if found.result is not None:
            there = max(there, found.result.steps or 0)
    newest = newest_checkpoint(disk)
    step = newest[0].step if newest else -1
    assert step >= max((n for n in range(last + 1) if n % 3 == 2), default=-1)
    return max(there, step)


def _numbers(pipe: int) -> list[int]:
    data = b""
    try:
        while chunk := os.read(pipe, 1 << 16):
            data += chunk
    except BlockingIOError:
        pass
    return [int(line) for line in data.split()]


def _stop(process: int) -> None:
    os.kill(process, signal.SIGSTOP)
    os.waitid(os.P_PID, process, os.WSTOPPED | os.WNOWAIT)


def _make(image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(_BYTES)
    _call("mkfs.ext4", "-q", "-F", "-b", "1024", str(image))


@contextmanager
def _mounted(image: Path, place: Path) -> Iterator[Path]:
    place.mkdir(exist_ok=True)
    _call("mount", "-o", "loop", str(image), str(place))
    try:
        yield place
    finally:
        _call("umount", "-l", str(place))


def _call(program: str, *words: str) -> None:
    subprocess.run([shutil.which(program) or program, *words], check=True)


if __name__ == "__main__":
    started = time.monotonic()
    print(power_cuts(Path(sys.argv[1]), int(sys.argv[2])), time.monotonic() - started)  # noqa: T201
