"""A disk in memory that holds so many KiB; run as ``python -m kit.small_disk FOLDER``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from kit.subjects import NAME, commit_checkpoint, commit_result, newest_checkpoint, result
from metabench.errors import StoreError
from metabench.store.run_folder import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["in_own_namespace", "small_disk"]

_NUMBERS = 4000
"""Of 4 bytes each, twice in a checkpoint: two of them and a third on its way are 96 KiB."""


def in_own_namespace() -> list[str]:
    """Return the words before a command that may mount, none where nothing may be mounted."""
    unshare = shutil.which("unshare")
    for words in ([unshare, "-m"], [unshare, "-Urm"]) if unshare else ():
        probe = [*words, "mount", "-t", "tmpfs", "none", "/mnt"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return words
    return []


@contextmanager
def small_disk(place: Path, kibibytes: int) -> Iterator[None]:
    """Mount a disk of that size; it is gone afterwards."""
    place.mkdir(exist_ok=True)
    mount(place, f"size={kibibytes}k")
    try:
        yield
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(place)], check=True)


def mount(place: Path, options: str) -> None:
    """Mount a disk in memory, or mount it again with other options."""
    mount = shutil.which("mount") or "mount"
    subprocess.run([mount, "-t", "tmpfs", "-o", options, "none", str(place)], check=True)


def refused(place: Path) -> StoreError | None:
    """Save checkpoints until the disk is full; return what was said."""
    for step in range(1, 4):
        try:
            commit_checkpoint(place, step=step, numbers=_NUMBERS)
        except StoreError as error:
            return error
    return None


def main(folder: Path) -> None:
    """Let a checkpoint, then a result meet a full disk; whatever is wrong is an AssertionError."""
    disk = folder / "disk"
    with small_disk(disk, 256):
        commit_checkpoint(disk, step=0, numbers=_NUMBERS)
        commit_result(disk)
        ballast = disk / "ballast"
        met = 0
        for size in range(220, 0, -4):
            met += full(disk, ballast, size * 1024)
            check(disk)
        assert met > 10, met
        commit_checkpoint(disk, step=4, numbers=_NUMBERS)
    print("held")  # noqa: T201  (so that an exit without a word is not taken for success)


def full(disk: Path, ballast: Path, size: int) -> int:
    """Fill the disk; commit; free it again; return how often the disk was full."""
    try:
        ballast.write_bytes(bytes(size))
    except OSError:
        ballast.unlink(missing_ok=True)
        return 0
    errors = [error for error in (refused(disk), _result(disk)) if error is not None]
    for error in errors:
        assert error.exit_code == 4
        assert "bytes are needed and" in error.problem, error
        assert "run the same command again" in error.hint
    ballast.unlink()
    return len(errors)


def _result(disk: Path) -> StoreError | None:
    try:
        Store(disk).commit_result(NAME, result(0.5))
    except StoreError as error:
        return error
    return None


def check(disk: Path) -> None:
    """Check that nothing is lost and nothing is left over."""
    newest = newest_checkpoint(disk)
    assert newest is not None
    assert torch.equal(newest[0].tensors["theta"], torch.arange(float(_NUMBERS)) + newest[0].step)
    cell = Store(disk).cell(NAME)
    assert cell.damage == ()
    assert cell.result is not None
    assert not list(disk.rglob("*.tmp"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
