"""Where a number comes from: versions, machine, code, data, encoder, command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict

from metabench.limits import CELL_RECORD_BYTES
from metabench.store.records.values import Bounded, Count, Entries, Text, Word

__all__ = ["PluginNote", "Provenance", "Record", "differences"]


class Record(BaseModel):
    """The strict, frozen, closed model that everything on disk is; no NaN, no infinity.

    The docstrings of the fields are read where docs/reference is written, not at each start.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        defer_build=True,
    )
    most_bytes: ClassVar[int] = CELL_RECORD_BYTES


class PluginNote(Record):
    """An installed distribution that a cell's numbers come from."""

    distribution: Word
    """Name of the distribution."""
    version: Word
    """Its version."""


class Provenance(Record):
    """The provenance of a number; none of it is part of a key."""

    metabench: Word
    """Version of metabench."""
    python: Word
    """Version of Python."""
    versions: Annotated[Mapping[Word, Word], Bounded] = {}
    """Versions of torch, transformers, numpy and the like, by distribution."""
    platform: Text = ""
    """Operating system."""
    processor: Text = ""
    """Name of the processor."""
    processor_model: Text = ""
    """Its vendor, family and model, for names that several have; empty where unknown."""
    instruction_set: Word = ""
    """Vector instructions of the processor that torch uses, such as ``AVX512``."""
    device: Text = ""
    """Name of the device that computed: that of the GPU, or ``cpu``."""
    precision: Word = ""
    """``fp32`` or ``bf16``."""
    threads: Count | None = None
    """CPU threads of the cell."""
    deterministic: bool = False
    """Whether operations that give other bits each time were refused."""
    compiled: bool | None = None
    """Whether layers were compiled for gradients of first order; None where there are none."""
    curvature: Word = ""
    """How exact second derivatives add up: ``lean``, or ``auto or fast``; empty without any."""
    git_commit: Word | None = None
    """Commit of the working folder, where it is a git checkout."""
    git_dirty: bool | None = None
    """Whether that checkout had changes."""
    plugins: Entries[PluginNote] = ()
    """Plugins whose algorithm, sampler or adaptation was used."""
    data: Annotated[Mapping[Word, Word], Bounded] = {}
    """Content identity of each dataset, by task."""
    model: Text = ""
    """Id of the encoder."""
    model_identity: Word = ""
    """Content identity of the encoder."""
    benchmark: Word = ""
    """Name of the benchmark."""
    spec_hash: Word = ""
    """Fingerprint of the resolved benchmark file."""
    command: Entries[Text] = ()
    """The command line."""
    started: Word = ""
    """ISO time, UTC."""
    ended: Word = ""
    """ISO time, UTC."""


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Yield the differences between two environments, such as ``torch 2.12 → 2.13``.

    A fact that one of them lacks counts as equal: older records do not hold all of them.
    """
    for name, value in then.items():
        if name in now and now[name] != value:
            yield f"{name.replace('_', ' ')} {value} → {now[name]}"
