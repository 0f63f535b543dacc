"""The files of a checkpoint, and whether they are what was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, final

from pydantic import Field, JsonValue

from metabench.fingerprint import hash_file
from metabench.store.records.provenance import Record
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
    """Processor time that it has taken so far."""
    profile: Annotated[Mapping[Word, Text], Bounded]
    """What the same bits depend on beside the key: versions, device, precision, threads."""
    drift: Entries[Text] = ()
    """What has differed before, where the cell went on all the same."""
