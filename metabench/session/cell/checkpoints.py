"""The checkpoints of a cell: folders with tensors, a record and their hashes; two are kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from typing import TYPE_CHECKING, final

import safetensors.torch

from metabench.engine.snapshot import Snapshot
from metabench.errors import StoreError
from metabench.store.atomic import commit_bytes, commit_folder, make_folder, store_error
from metabench.store.checkpoint import NOTE, SUMS, TENSORS, CheckpointNote, is_whole, sum_line
from metabench.store.records.cell import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import torch

__all__ = ["Checkpoints"]

_KEPT = 2


@final
class Checkpoints:
    """Writes and reads the checkpoints of one cell.

    Args:
        folder: where they lie; it need not exist.
        key: the cell's.
        profile: what the same bits depend on beside the key.
        interval: seconds from one to the next.
        allow_drift: whether to go on where the profile differs.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: str,
        profile: Mapping[str, str],
        interval: float,
        allow_drift: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._key, self._profile = folder, key, dict(profile)
        self._interval, self._clock = interval, clock
        self._last = clock()
        self._allow_drift = allow_drift
        self.drift: tuple[str, ...] = ()

    @property
    def due(self) -> bool:
        """Whether it is time for the next one."""
        return self._clock() - self._last >= self._interval

    def newest(self, device: torch.device) -> tuple[Snapshot, CheckpointNote] | None:
        """Return the newest checkpoint that is whole; None where none was written.

        Raises:
            StoreError: none is whole; or it is another cell's, or that of another machine or other
                versions, and going on from it would not give the same bits. Where drift is
                allowed, what differs is in ``drift`` instead.
        """
        there = self._there("step-*")
        for path in there:
            found = self._read(path)
            if found is None:
                continue
            note, data = found
            self.drift = self._require_same(note, path)
            tensors = safetensors.torch.load(data)
            moved = {name: value.to(device) for name, value in tensors.items()}
            return Snapshot(note.step, moved, note.facts), note
        if there:
            raise StoreError(
                f"none of its checkpoints is what was written, and there are {len(there)!r}",
                where=str(self._folder),
                hint="look at the disk, or delete the folder to begin the cell anew",
            )
        return None

    def save(
        self,
        snapshot: Snapshot,
        *,
        losses: Mapping[str, float],
        wall_seconds: float,
        cpu_seconds: float,
    ) -> None:
        """Write a checkpoint durably, then let go of all but the newest two.

        Raises:
            StoreError: it cannot be written; those before it are still there.
        """
        ready = {k: v.detach().cpu().contiguous() for k, v in snapshot.tensors.items()}
        note = CheckpointNote(
            key=self._key,
            step=snapshot.step,
            facts=dict(snapshot.facts),
            losses=dict(losses),
            wall_seconds=wall_seconds,
            cpu_seconds=cpu_seconds,
            profile=self._profile,
            drift=self.drift,
        )
        make_folder(self._folder)
        final = self._folder / f"step-{snapshot.step:09d}"
        temporary = self._folder / f".{final.name}.{os.getpid()}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            make_folder(temporary)
            sums = _part(temporary / TENSORS, safetensors.torch.save(ready))
            sums += _part(temporary / NOTE, to_json(note))
            commit_bytes(temporary / SUMS, sums)
            commit_folder(temporary, final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        self._prune(final)
        self._last = self._clock()

    def clear(self) -> None:
        """Let go of all of them: the cell is done, or is to begin anew."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _there(self, pattern: str) -> list[Path]:
        """Return the folders of that name, the newest first; by step, for clocks go wrong."""
        try:
            return sorted(self._folder.glob(pattern), reverse=True)
        except OSError as error:
            raise store_error(error, self._folder) from error

    def _prune(self, newest: Path) -> None:
        if not is_whole(newest):
            raise StoreError(
                "was written, and cannot be read back as it was",
                where=str(newest),
                hint="look at the disk, or name another folder with --runs DIR",
            )
        for path in [*self._there("step-*")[_KEPT:], *self._there(".step-*")]:
            shutil.rmtree(path, ignore_errors=True)

    @staticmethod
    def _read(path: Path) -> tuple[CheckpointNote, bytes] | None:
        """Return a checkpoint; None where a part is missing or is not what was written."""
        if not is_whole(path):
            return None
        try:
            data = (path / NOTE).read_bytes()
            note = from_json(CheckpointNote, data, where=str(path / NOTE))
            return note, (path / TENSORS).read_bytes()
        except (OSError, StoreError):  # pragma: no cover  (it was whole a moment ago)
            return None

    def _require_same(self, note: CheckpointNote, path: Path) -> tuple[str, ...]:
        """Return what differs, now and before; nothing but drift that is allowed may."""
        found, now = {"cell": note.key, **note.profile}, {"cell": self._key, **self._profile}
        changed = [
            f"{name} {found.get(name, 'none')} -> {now.get(name, 'none')}"
            for name in sorted({*found, *now})
            if found.get(name) != now.get(name)
        ]
        if note.key == self._key and (self._allow_drift or not changed):
            return tuple(dict.fromkeys([*note.drift, *changed]))
        raise StoreError(
            f"was written where {', '.join(changed)}, and going on would not give the same numbers",
            where=str(path),
            hint="go on where it was written, delete the folder to begin the cell anew, or go on"
            " with --allow-drift, which the record will say",
        )


def _part(path: Path, data: bytes) -> bytes:
    """Write a file durably; return its line in the sums, of what was meant to be written."""
    commit_bytes(path, data)
    return sum_line(hashlib.sha256(data).hexdigest(), path.name)
