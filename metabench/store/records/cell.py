"""The records of a cell, as they lie on disk, and their one way to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, final, get_args

from pydantic import Field, JsonValue, ValidationError

from metabench.errors import MetabenchError, StoreError
from metabench.store.records.migrations import NewerRecordError, current
from metabench.store.records.provenance import PluginNote, Provenance, Record, Text
from metabench.store.records.run import ColumnNote, RunNote, UseNote
from metabench.store.records.seal import sealed

__all__ = [
    "CellNote",
    "ColumnNote",
    "Failure",
    "FileNote",
    "Kind",
    "PluginNote",
    "Provenance",
    "Record",
    "Rescoring",
    "Result",
    "RunNote",
    "Status",
    "UseNote",
    "WorkNote",
    "from_json",
    "record_status",
    "to_json",
]

Kind: TypeAlias = Literal["pretrain", "meta", "adapt"]
Status: TypeAlias = Literal[
    "diverged",
    "out_of_memory",
    "timeout",
    "plugin_error",
    "data_error",
    "invalid_metric",
    "inexact",
    "unavailable",
    "interrupted",
    "error",
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Model = TypeVar("_Model", bound=Record)


@final
class FileNote(Record):
    """A file that belongs to a result; its path is relative to the cell's folder."""

    path: Text
    """Path below the cell's folder, with forward slashes."""
    bytes: Annotated[int, Field(ge=0)]
    """Its size."""
    sha256: Sha256
    """Hash of its content."""


@final
class WorkNote(Record):
    """What the training of a cell evaluated; the scoring of a fine-tuned model is left out."""

    gradients: Annotated[int, Field(ge=0)] = 0
    """Gradients of a batch."""
    hvps: Annotated[int, Field(ge=0)] = 0
    """Hessian-vector products of a batch."""
    examples: Annotated[int, Field(ge=0)] = 0
    """Rows that they looked at, each as often as it was looked at."""
    tokens: Annotated[int, Field(ge=0)] = 0
    """Real tokens of those rows, padding left out."""


class _CellRecord(Record):
    schema_: Annotated[Literal[2], Field(alias="schema")] = 2
    """Version of the record's format."""
    kind: Kind
    """The stage."""
    name: str
    """Readable name of the cell."""
    key: Sha256
    """Hash of the inputs."""
    method: Text = ""
    """The method that the cell was planned for first; others may use it too."""


@final
class CellNote(_CellRecord):
    """``cell.json``: what a cell is; written before it starts."""

    inputs: Mapping[str, JsonValue]
    """All that the cell's numbers depend on."""
    needs: tuple[Sha256, ...] = ()
    """Keys of the cells that had to be done before."""


@final
class Rescoring(Record):
    """That scores were computed again from the saved predictions, and what they were before."""

    metabench: str
    """Version of metabench."""
    at: str
    """ISO time, UTC."""
    command: tuple[Text, ...] = ()
    """The command line."""
    before: Mapping[str, float] = {}
    """The scores that were replaced, by metric."""
    source: Text = ""
    """Folder of the cell with other metrics whose predictions these are; empty for its own."""


@final
class Result(_CellRecord):
    """``result.json``: what came out; written last, so that its presence means done."""

    status: Literal["ok"] = "ok"
    """There are no other results; anything else is a failure."""
    scores: Mapping[str, float] = {}
    """Score by metric, on the metric's own scale: accuracy is in [0, 1]."""
    primary: str | None = None
    """The metric that the leaderboard shows; None for cells that are not scored."""
    collapsed: bool = False
    """Whether every scored row got the same class."""
    train_rows: int | None = None
    """Training rows in use."""
    scored_rows: int | None = None
    """Rows that were scored."""
    steps: int | None = None
    """Updates that were made."""
    losses: Mapping[str, float] = {}
    """A summary of the losses, such as ``first`` and ``last``."""
    draws: Mapping[str, int] = {}
    """How often meta-training drew each task."""
    overlap: Mapping[str, int] = {}
    """Rows in use that repeat others: ``train`` and ``scored``, each an earlier row of its own
    split; ``both``, scored rows that stand among the training rows."""
    notes: tuple[Text, ...] = ()
    """What a reader of the scores has to know."""
    drift: tuple[Text, ...] = ()
    """Where it went on from a checkpoint of another machine or other versions: what differed."""
    attempts: Annotated[int, Field(ge=1)] = 1
    """How often the run that it ended in has tried it."""
    wall_seconds: float
    """Time that passed."""
    cpu_seconds: float | None = None
    """Processor time of the process."""
    peak_memory_bytes: int | None = None
    """Most memory in use: of the device where it is a GPU, else of the process."""
    work: WorkNote | None = None
    """What was evaluated; None in records of before this was counted."""
    files: tuple[FileNote, ...] = ()
    """Predictions, checkpoint."""
    left_out: tuple[FileNote, ...] = ()
    """Files that there were and that a copy of the records alone has not; see `files`."""
    rescoring: Rescoring | None = None
    """Where the scores are younger than the predictions: of the last time."""
    nondeterministic: bool = False
    """Whether an earlier result, which lies in ``earlier``, has other numbers although the machine
    profile was the same."""
    provenance: Provenance
    """Where the numbers come from."""


@final
class Failure(_CellRecord):
    """``failure.json``: what went wrong; a record, never a score."""

    status: Status
    """The kind of failure."""
    message: Text
    """One sentence."""
    hint: Text = ""
    """The way out."""
    traceback: Text = ""
    """The Python traceback, where there is one."""
    attempts: Annotated[int, Field(ge=1)] = 1
    """How often the run that it ended in has tried it."""
    wall_seconds: float | None = None
    """Time until it failed."""
    provenance: Provenance
    """Where it happened."""


def record_status(error: MetabenchError) -> Status:
    """Return the status of the record that an error becomes."""
    known: tuple[Status, ...] = get_args(Status)
    return next((status for status in known if status == error.status), "error")


def to_json(record: Record) -> bytes:
    """Return a record as indented JSON in UTF-8, with its own sha256 as the last field."""
    tree: Any = record.model_dump(mode="json", by_alias=True)
    return sealed((json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())


def from_json(model: type[_Model], data: bytes, *, where: str) -> _Model:
    """Return the record that ``data`` holds; one of an older format is brought up to date.

    Raises:
        NewerRecordError: it is of a format that this metabench does not know.
        StoreError: the bytes are not such a record; the first problem is named.
    """
    try:
        return model.model_validate_json(current(data, where=where))
    except NewerRecordError:
        raise
    except ValueError as error:
        raise StoreError(
            f"is damaged: {_problem(error)}",
            where=where,
            hint="run the benchmark again: it is made anew",
        ) from error


def _problem(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error).lower()
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return (f"{place}: {first['msg']}" if place else first["msg"]).lower()
