"""The checkpoints of a cell: folders with its state, a record and their hashes; two are kept."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Literal, final

from pydantic import Field, JsonValue

from metabench.errors import StoreError
from metabench.store.atomic import commit_file, new_folder, replace_folder
from metabench.store.file_names import CHECKPOINT, STATE, SUMS, TEMPORARY, is_step, step_name
from metabench.store.folder import Folder, OpenFolder
from metabench.store.problems import explained
from metabench.store.records.cell import from_json, to_json
from metabench.store.records.provenance import Record, differences
from metabench.store.records.values import (
    Bounded,
    Count,
    Entries,
    Loss,
    Seconds,
    Sha256,
    Text,
    Word,
)

__all__ = ["CheckpointNote", "Checkpoints", "adopt_checkpoint", "is_whole", "newest_files"]

_KEPT = 2


@final
class CheckpointNote(Record):
    """A step from which a cell resumes, bit-identical to a run that never stopped."""

    schema_: Annotated[Literal[2], Field(alias="schema")] = 2
    """Version of the record's format."""
    key: Sha256
    """Key of the cell."""
    step: Count
    """Steps that are done."""
    facts: Annotated[Mapping[Word, JsonValue], Bounded]
    """Counts and states of the training loop."""
    losses: Annotated[Mapping[Word, Loss], Bounded]
    """The first and the last loss so far."""
    wall_seconds: Seconds
    """Time that the cell has taken so far."""
    cpu_seconds: Seconds
    """CPU time that it has taken so far."""
    profile: Annotated[Mapping[Word, Text], Bounded]
    """The execution environment: versions, device, precision, threads."""
    drift: Entries[Text] = ()
    """Earlier differences in spite of which the cell resumed."""


@final
class Checkpoints:
    """The checkpoints of one cell, written and read.

    Args:
        folder: their folder; it need not exist.
        key: the cell's.
        profile: the execution environment.
        interval: seconds between two of them.
        allow_drift: whether to resume where the environment differs.
        clock: a monotonic clock in seconds.
    """

    def __init__(
        self,
        folder: Folder,
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

    def newest(self) -> tuple[CheckpointNote, bytes] | None:
        """Return record and state of the newest intact one; None where none was written.

        Raises:
            StoreError: none is intact; or it belongs to another cell or another environment, so
                that resuming would not be bit-identical. With ``allow_drift`` the differences are
                in ``drift`` instead.
        """
        with (
            explained(self._folder.path),
            suppress(FileNotFoundError),
            self._folder.opened() as here,
        ):
            there = _steps(here)
            for name in there:
                found = _read(here, name)
                if found is not None:
                    self.drift = self._require_same(found[0], name)
                    return found
            if there:
                raise StoreError(
                    f"every checkpoint is damaged; found {len(there)!r}",
                    where=str(self._folder.path),
                    hint="look at the disk, or delete the folder to restart the cell",
                )
        return None

    def save(
        self,
        state: bytes,
        *,
        step: int,
        facts: Mapping[str, JsonValue],
        losses: Mapping[str, float],
        wall_seconds: float,
        cpu_seconds: float,
    ) -> None:
        """Write a checkpoint durably, then let go of all but the newest two.

        Args:
            state: the tensors of the training loop, as safetensors writes them.
            step: steps that are done.
            facts: counts and states of the training loop.
            losses: the first and the last loss so far.
            wall_seconds: time that the cell has taken so far.
            cpu_seconds: processor time that it has taken so far.

        Raises:
            StoreError: it cannot be written; those before it are still there.
        """
        note = CheckpointNote(
            key=self._key,
            step=step,
            facts=dict(facts),
            losses=dict(losses),
            wall_seconds=wall_seconds,
            cpu_seconds=cpu_seconds,
            profile=self._profile,
            drift=self.drift,
        )
        files = {STATE: state, CHECKPOINT: to_json(note)}
        lines = (_sum_line(hashlib.sha256(data).hexdigest(), name) for name, data in files.items())
        files[SUMS] = b"".join(lines)  # of the intended content
        adopt_checkpoint(self._folder, step_name(step), files)
        self._last = self._clock()

    def clear(self) -> None:
        """Delete all of them: the cell is done, or is to restart."""
        with suppress(OSError), self._folder.around.opened() as here:
            here.remove_tree(self._folder.parts[-1])

    def _require_same(self, note: CheckpointNote, name: str) -> tuple[str, ...]:
        """Return the differences, new and old; refuse them unless drift is allowed."""
        found = {"cell": note.key, "compiled": "false", **note.profile}  # 0.1 wrote "true" alone
        changed = tuple(differences(found, {"cell": self._key, **self._profile}))
        if note.key == self._key and (self._allow_drift or not changed):
            return tuple(dict.fromkeys([*note.drift, *changed]))
        raise StoreError(
            f"was written where {', '.join(changed)}, and resuming would not give the same numbers",
            where=str(self._folder.path / name),
            hint="resume where it was written, delete the folder to restart the cell, or pass"
            " --allow-drift, which the record notes",
        )


def adopt_checkpoint(folder: Folder, name: str, files: Mapping[str, bytes]) -> None:
    """Write a checkpoint durably, then let go of all but the newest two.

    Args:
        folder: the folder of a cell's checkpoints.
        name: the checkpoint's.
        files: the content of all its files.

    Raises:
        StoreError: it cannot be written; those before it are still there.
    """
    with new_folder(folder, name) as temporary:
        for file, data in files.items():
            commit_file(folder / temporary, file, data)
        replace_folder(folder, temporary, name)
    with explained(folder.path), folder.opened() as here:
        with here.enter(name) as inner:
            whole = is_whole(inner)
        if not whole:
            raise StoreError(
                "was written, and cannot be read back as it was",
                where=str(folder.path / name),
                hint="look at the disk, or name another folder with --runs DIR",
            )
        outdated = [name for name in here.names() if TEMPORARY.fullmatch(name)]
        for old in [*_steps(here)[_KEPT:], *outdated]:
            here.remove_tree(old)


def newest_files(folder: Folder, *, after: str = "") -> dict[str, bytes]:
    """Return the files of the newest intact checkpoint, by their paths in the folder of the cell.

    Args:
        folder: the folder of a cell's checkpoints.
        after: the name of a checkpoint; it and those before it are left out.
    """
    with explained(folder.path), suppress(FileNotFoundError), folder.opened() as here:
        for name in _steps(here):
            if name <= after:
                break
            with suppress(OSError), here.enter(name) as inner:
                if is_whole(inner):
                    parts = (STATE, CHECKPOINT, SUMS)
                    read = {part: inner.read(part, most=None) for part in parts}
                    place = f"{folder.parts[-1]}/{name}"
                    return {f"{place}/{part}": data for part, data in read.items()}
    return {}


def is_whole(here: OpenFolder) -> bool:
    """Return whether a checkpoint is intact, without reading a whole file into memory."""
    try:
        lines = b"".join(_sum_line(here.sha256(name), name) for name in (STATE, CHECKPOINT))
        return lines == here.read(SUMS)
    except OSError:
        return False


def _steps(here: OpenFolder) -> list[str]:
    """Return the names of checkpoints, the newest first; by step, for clocks go wrong."""
    return [name for name in reversed(here.folders()) if is_step(name)]


def _read(checkpoints: OpenFolder, name: str) -> tuple[CheckpointNote, bytes] | None:
    """Return a checkpoint; None where a part is missing or damaged."""
    with suppress(OSError, StoreError), checkpoints.enter(name) as here:
        if is_whole(here):
            note = from_json(
                CheckpointNote,
                here.read(CHECKPOINT, most=CheckpointNote.most_bytes),
                where=f"{name}/{CHECKPOINT}",
            )
            return note, here.read(STATE, most=None)
    return None


def _sum_line(digest: str, name: str) -> bytes:
    """Return a file's line in the format of ``sha256sum``."""
    return f"{digest}  {name}\n".encode()
