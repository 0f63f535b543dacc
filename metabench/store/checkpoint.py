"""The files of a checkpoint, and whether they are what was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, final

from pydantic import Field, JsonValue

from metabench.fingerprint import hash_file
from metabench.store.records.provenance import Record, Text
from metabench.store.regular_files import is_regular, read_regular

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["NOTE", "SUMS", "TENSORS", "CheckpointNote", "is_whole", "sum_line"]

TENSORS, NOTE, SUMS = "state.safetensors", "checkpoint.json", "SHA256SUMS"


def is_whole(folder: Path) -> bool:
    """Return whether a checkpoint is what was written; no file of it is held whole."""
    names = (TENSORS, NOTE)
    if not all(is_regular(folder / name) for name in names):
        return False
    try:
        lines = b"".join(sum_line(hash_file(folder / name), name) for name in names)
        return lines == read_regular(folder / SUMS)
    except OSError:
        return False


def sum_line(digest: str, name: str) -> bytes:
    """Return what ``sha256sum`` writes of a file, and can check."""
    return f"{digest}  {name}\n".encode()


@final
class CheckpointNote(Record):
    """A step after which a cell can go on, to the same bits as if it had never stopped."""

    schema_: Annotated[Literal[2], Field(alias="schema")] = 2
    """Version of the record's format."""
    key: str
    """Key of the cell."""
    step: Annotated[int, Field(ge=0)]
    """Steps that are done."""
    facts: Mapping[str, JsonValue]
    """Counts and states of the training loop."""
    losses: Mapping[str, float]
    """The first and the last loss so far."""
    wall_seconds: Annotated[float, Field(ge=0)]
    """Time that the cell has taken so far."""
    cpu_seconds: Annotated[float, Field(ge=0)]
    """Processor time that it has taken so far."""
    profile: Mapping[str, Text]
    """What the same bits depend on beside the key: versions, device, precision, threads."""
    drift: tuple[Text, ...] = ()
    """What has differed before, where the cell went on all the same."""
