"""The record that lies beside the tensors of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, final

from pydantic import Field, JsonValue

from metabench.results.provenance import Record, Text

__all__ = ["CheckpointNote"]


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
