"""Files as messages, between a coordinator and an agent that does not see the run folder.

Files that become visible together are a parcel: their content in parts, then their names with the
sha256 of each. The receiver needs no more memory than the largest parcel.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, final

from metabench.errors import StoreError
from metabench.session.runner.wire import packed
from metabench.store.file_names import (
    CELL,
    CHECKPOINT,
    CHECKPOINTS,
    FAILURE,
    LOG,
    METRICS,
    PARAMETERS,
    PREDICTIONS,
    RESULT,
    STATE,
    SUMS,
    is_step,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MOST_CHECKPOINT_BYTES", "PARCELS", "Parcel", "checkpoint_of", "packed_parcel"]

MOST_CHECKPOINT_BYTES: Final = 512 * 1024**2
"""A larger checkpoint stays where it was written, so that its cell starts again if that is lost."""
PARCELS: Final = frozenset({"part", "parcel", "want"})
"""The kinds of messages of files."""
_PART = 1 << 20  # bytes of a file in one message
_FILES = {CELL, RESULT, FAILURE, LOG, METRICS, PARAMETERS, PREDICTIONS}
_CHECKPOINT_FILES = {STATE, CHECKPOINT, SUMS}


def packed_parcel(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield the lines of files, by their paths in the folder of a cell."""
    for path, data in files.items():
        for start in range(0, len(data), _PART):
            part = b64encode(data[start : start + _PART]).decode()
            yield packed("part", path=path, data=part)
    yield packed("parcel", files={path: sha256(data).hexdigest() for path, data in files.items()})


def checkpoint_of(path: str) -> str:
    """Return the name of the checkpoint that a file belongs to; "" for a file of the cell itself.

    >>> checkpoint_of("checkpoints/step-000000003/SHA256SUMS")
    'step-000000003'
    >>> checkpoint_of("log.txt")
    ''

    Raises:
        StoreError: no cell has a file of that path.
    """
    parts = path.split("/")
    if parts[0] == CHECKPOINTS and len(parts) == len(("checkpoints", "step", "file")):
        if is_step(parts[1]) and parts[2] in _CHECKPOINT_FILES:
            return parts[1]
    elif path in _FILES:
        return ""
    raise StoreError(
        f"an agent sent the file {path!r}, which no cell has",
        hint="install the same version of metabench everywhere",
    )


@final
class Parcel:
    """A parcel on its way."""

    def __init__(self) -> None:
        self._parts: dict[str, bytearray] = {}

    def add(self, message: Mapping[str, Any]) -> dict[str, bytes] | None:
        """Take a message; return all files by their paths when it was the last, else None.

        Raises:
            StoreError: a file is not as it was sent.
        """
        if message["kind"] == "part":
            self._parts.setdefault(message["path"], bytearray()).extend(b64decode(message["data"]))
            return None
        found = {path: bytes(self._parts.pop(path, b"")) for path in message["files"]}
        for path, digest in message["files"].items():
            if sha256(found[path]).hexdigest() != digest:
                raise StoreError(
                    "was damaged on its way between an agent and this process",
                    where=path,
                    hint="look at the launcher: it has to carry lines whole and in order",
                )
        return found
