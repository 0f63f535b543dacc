"""Where a number comes from: versions, machine, code, data, encoder, command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetPydanticSchema
from pydantic_core import CoreSchema, core_schema

__all__ = ["PluginNote", "Provenance", "Record", "Text"]


def _encodable(value: object) -> object:
    # A path or an argument that is not UTF-8 reaches us with lone surrogates in it.
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def _text_schema(source: Any, handler: Any) -> CoreSchema:
    text = handler(source)
    checked = core_schema.no_info_before_validator_function(_encodable, text)
    # JSON is UTF-8 already; without a call back into Python a large run is read in half the time.
    return core_schema.json_or_python_schema(json_schema=text, python_schema=checked)


Text = Annotated[str, GetPydanticSchema(_text_schema)]
"""Text from outside: anything goes in, UTF-8 comes out."""


class Record(BaseModel):
    """The strict, frozen, closed model that everything on disk is; no NaN, no infinity."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class PluginNote(Record):
    """An installed distribution that a cell's numbers come from."""

    distribution: str
    """Name of the distribution."""
    version: str
    """Its version."""


class Provenance(Record):
    """All that is needed to say where a number comes from; none of it is part of a key."""

    metabench: str
    """Version of metabench."""
    python: str
    """Version of Python."""
    versions: Mapping[str, str] = {}
    """Versions of torch, transformers, numpy and the like, by distribution."""
    platform: Text = ""
    """Operating system."""
    processor: Text = ""
    """Processor."""
    device: Text = ""
    """Name of the device that computed."""
    precision: str = ""
    """``fp32`` or ``bf16``."""
    threads: int | None = None
    """CPU threads of the cell."""
    deterministic: bool = False
    """Whether operations that give other bits each time were refused."""
    compiled: bool | None = None
    """Whether layers were compiled for gradients of first order; None where there are none."""
    git_commit: str | None = None
    """Commit of the working folder, where it is a git checkout."""
    git_dirty: bool | None = None
    """Whether that checkout had changes."""
    plugins: tuple[PluginNote, ...] = ()
    """Plugins whose algorithm, sampler, task or metric was used."""
    data: Mapping[str, str] = {}
    """Content identity of each data set, by task."""
    model: Text = ""
    """Id of the encoder."""
    model_identity: str = ""
    """Content identity of the encoder."""
    benchmark: str = ""
    """Name of the benchmark."""
    spec_hash: str = ""
    """Fingerprint of the resolved benchmark file."""
    command: tuple[Text, ...] = ()
    """The command line."""
    started: str = ""
    """ISO time, UTC."""
    ended: str = ""
    """ISO time, UTC."""
