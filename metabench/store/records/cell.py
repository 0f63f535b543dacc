"""The records of a cell on disk, and their conversion to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias, TypeVar, final, get_args

from pydantic import Field, JsonValue, ValidationError

from metabench.errors import MetabenchError, StoreError
from metabench.escape import json_safe
from metabench.store.records.provenance import PluginNote, Provenance, Record
from metabench.store.records.run import ColumnNote, RunNote, UseNote
from metabench.store.records.seal import NewerRecordError, content, sealed
from metabench.store.records.splits import SplitNote
from metabench.store.records.values import (
    PATTERNS,
    Bounded,
    Bytes,
    Component,
    Count,
    Entries,
    Loss,
    RelativePath,
    Score,
    Seconds,
    Seed,
    Sha256,
    Text,
    Word,
)
from metabench.strict_json import parse_json

__all__ = [
    "BEYOND",
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
BEYOND = "BEYOND"
"""The prefix of notes that count meta-steps with a scalar above its tolerance."""
_LONGEST = 100  # characters of a value that are shown
_Model = TypeVar("_Model", bound=Record)


@final
class FileNote(Record):
    """A file that belongs to a result; its path is relative to the cell's folder."""

    path: RelativePath
    """Path below the cell's folder, with forward slashes."""
    bytes: Bytes
    """Its size."""
    sha256: Sha256
    """Hash of its content."""


@final
class WorkNote(Record):
    """The evaluation counts of a cell's training, without those of scoring."""

    gradients: Count = 0
    """Gradients of a batch."""
    hvps: Count = 0
    """Hessian-vector products of a batch."""
    examples: Count = 0
    """Rows that they looked at, each as often as it was looked at."""
    tokens: Count = 0
    """Real tokens of those examples, without padding."""


class _CellRecord(Record):
    schema_: Annotated[Literal[2], Field(alias="schema")] = 2
    """Version of the record's format."""
    kind: Kind
    """The stage."""
    name: Component
    """Readable name of the cell."""
    key: Sha256
    """Hash of the inputs."""
    method: Text = ""
    """The method that the cell was planned for first; others may use it too."""


class _EndedRecord(_CellRecord):
    task: Text = ""
    """The task of fine-tuning, or the one target of meta-training; empty for several. Older records
    have neither it nor the seeds."""
    meta_seed: Seed | None = None
    """The meta seed."""
    finetune_seed: Seed | None = None
    """The fine-tuning seed, nested in the meta seed."""
    draw: Seed | None = None
    """The draw of the few-shot training set; None without shots."""


@final
class CellNote(_CellRecord):
    """``cell.json``: the description of a cell, written before it starts."""

    inputs: Annotated[Mapping[Word, JsonValue], Bounded]
    """All that the cell's numbers depend on."""
    needs: Entries[Sha256] = ()
    """Keys of the cells that had to be done before."""


@final
class Rescoring(Record):
    """A recomputation of scores from saved predictions, with the earlier scores."""

    metabench: Word
    """Version of metabench."""
    at: Word
    """ISO time, UTC."""
    command: Entries[Text] = ()
    """The command line."""
    before: Annotated[Mapping[Word, Score], Bounded] = {}
    """The scores that were replaced, by metric."""
    source: Text = ""
    """Folder of the cell with other metrics that made the predictions; empty for this cell."""


@final
class Result(_EndedRecord):
    """``result.json``: the result of a cell, written last, so that its presence means done."""

    status: Literal["ok"] = "ok"
    """There are no other results; anything else is a failure."""
    scores: Annotated[Mapping[Word, Score], Bounded] = {}
    """Score by metric, on the metric's own scale: accuracy is in [0, 1]."""
    primary: Word | None = None
    """The metric that the leaderboard shows; None for cells that are not scored."""
    collapsed: bool = False
    """Whether all evaluation examples got the same class."""
    train_rows: Count | None = None
    """Training examples in use."""
    scored_rows: Count | None = None
    """Rows that were scored."""
    steps: Count | None = None
    """Updates that were made."""
    losses: Annotated[Mapping[Word, Loss], Bounded] = {}
    """A summary of the losses, such as ``first`` and ``last``."""
    draws: Annotated[Mapping[Word, Count], Bounded] = {}
    """How often meta-training drew each task."""
    overlap: Annotated[Mapping[Word, Count], Bounded] = {}
    """Duplicate examples in use: within ``train`` and within ``scored``, and ``both``: evaluation
    examples that are also training examples."""
    splits: Entries[SplitNote] = ()
    """How the texts in use fit the encoder, and how many examples each class has; empty in records
    of before this was counted."""
    standardised: Annotated[Mapping[Word, float], Bounded] = {}
    """``mean`` and ``deviation`` of the training targets in use, in the task's unit, where a
    regression was trained on standardised ones."""
    references: Annotated[Mapping[Word, Mapping[Word, Score]], Bounded] = {}
    """Scores by metric of ``majority``, the most frequent class of the training labels or their
    mean, and of ``chance``; empty in records of before this was computed."""
    notes: Entries[Text] = ()
    """Notes for readers of the scores."""
    drift: Entries[Text] = ()
    """Differences in environment from a checkpoint that it resumed from."""
    attempts: Annotated[Count, Field(ge=1)] = 1
    """How often the run that it ended in has tried it."""
    wall_seconds: Seconds
    """Time that passed."""
    cpu_seconds: Seconds | None = None
    """CPU time of the process."""
    peak_memory_bytes: Bytes | None = None
    """Most memory in use: of the device where it is a GPU, else of the process."""
    work: WorkNote | None = None
    """Evaluation counts; None in records of versions without them."""
    trained: Count | None = None
    """Trained parameters, those of heads not counted; None in records of versions without it."""
    files: Entries[FileNote] = ()
    """Predictions, checkpoint."""
    left_out: Entries[FileNote] = ()
    """Files that there were and that a copy of the records alone has not; see `files`."""
    rescoring: Rescoring | None = None
    """Where the scores are younger than the predictions: of the last time."""
    nondeterministic: bool = False
    """Whether an earlier result, in ``earlier``, has other numbers in the same execution
    environment."""
    provenance: Provenance
    """Where the numbers come from."""


@final
class Failure(_EndedRecord):
    """``failure.json``: the failure of a cell; never a score."""

    status: Status
    """The kind of failure."""
    message: Text
    """One sentence."""
    hint: Text = ""
    """The hint: how to fix it."""
    traceback: Text = ""
    """The Python traceback, where there is one."""
    attempts: Annotated[Count, Field(ge=1)] = 1
    """How often the run that it ended in has tried it."""
    wall_seconds: Seconds | None = None
    """Time until it failed."""
    provenance: Provenance
    """Where it happened."""


def record_status(error: MetabenchError) -> Status:
    """Return the status of the record that an error becomes."""
    known: tuple[Status, ...] = get_args(Status)
    return next((status for status in known if status == error.status), "error")


def to_json(record: Record) -> bytes:
    """Return a record as indented JSON in UTF-8, with its own sha256 as the last field."""
    return sealed(f"{json_safe(record.model_dump_json(by_alias=True, indent=2))}\n".encode())


def from_json(model: type[_Model], data: bytes, *, where: str) -> _Model:
    """Return the record that ``data`` holds.

    Raises:
        NewerRecordError: it is of a format that this metabench does not know.
        StoreError: the bytes are not such a record; the first problem is named.
    """
    try:
        whole = content(data, where=where)
        record = model.model_validate_json(whole)
        kept = record.model_dump_json(by_alias=True, exclude_unset=True, indent=2)
        if json_safe(kept).encode() != whole.rstrip():
            parse_json(whole)  # refuses a key that occurs twice, of which the model took the last
    except NewerRecordError:
        raise
    except ValueError as error:
        raise StoreError(
            f"is damaged: {_problem(error)}",
            where=where,
            hint="rerun the benchmark: it is written again",
        ) from error
    return record


def _problem(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        text = str(error)[:_LONGEST]
        return text[:1].lower() + text[1:]
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part)[:_LONGEST] for part in first["loc"])
    pattern = str(first.get("ctx", {}).get("pattern", ""))
    what = PATTERNS.get(pattern) or first["msg"].lower()
    if pattern in PATTERNS or isinstance(first["input"], int | float):
        what = f"{repr(first['input'])[:_LONGEST]}: {what}"
    return f"{place}: {what}" if place else what
