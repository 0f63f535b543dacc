"""``run.json``: the request of a run, with which a comparison needs only the run folder."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Literal, Self, final

from pydantic import Field, model_validator

from metabench.errors import LockError
from metabench.family import Family
from metabench.limits import RUN_RECORD_BYTES
from metabench.store.file_names import RESOLVED, SPEC
from metabench.store.identity import LockOwner
from metabench.store.records.provenance import Provenance, Record
from metabench.store.records.published import PublishedNote
from metabench.store.records.values import (
    Amount,
    Component,
    Entries,
    Seed,
    Sha256,
    Text,
    Uses,
    Word,
)

__all__ = [
    "ColumnNote",
    "MetricNote",
    "PlannedCell",
    "RunNote",
    "UseNote",
    "joined_note",
    "with_texts",
]


@final
class ColumnNote(Record):
    """A column of the leaderboard: a task and how much of it was trained on."""

    name: Text
    """Unique in a run, such as ``glue/rte`` or ``scitail@0.001``."""
    task: Text
    """Name of the task."""
    title: Text
    """Its title in the leaderboard."""
    role: Literal["target", "transfer"]
    """Only targets enter the average."""
    label: Text = ""
    """The training fraction, such as ``0.1 % = 24 rows``; empty for the whole split."""
    metric: Text
    """Name of the primary metric."""
    metric_title: Text
    """Its title in the leaderboard."""
    percent: bool = True
    """Whether 100 times the score is shown."""
    error: bool = False
    """Whether lower is better."""
    identity: Word = ""
    """Content identity of the examples; columns of two runs are compared only where it is equal."""


@final
class MetricNote(Record):
    """A metric that the scores of some column have."""

    name: Text
    """Its name."""
    title: Text
    """Its title in the leaderboard."""
    percent: bool = True
    """Whether 100 times the score is shown."""
    error: bool = False
    """Whether lower is better."""


@final
class UseNote(Record):
    """One planned score: its cell, method, column and seeds."""

    method: Text
    """Id of the method."""
    column: Text
    """Name of the column."""
    meta_seed: Seed
    """The replicate."""
    finetune_seed: Seed
    """Nested in the meta seed."""
    draw: Seed | None = None
    """The few-shot training set, crossed or paired with the meta seeds; None without shots."""
    cell: Component
    """Name of the cell's folder."""
    key: Sha256
    """Key of the cell."""
    unavailable: Text = ""
    """Why there can be no score; empty where there can."""


@final
class PlannedCell(Record):
    """A cell that the benchmark asks for; ``metabench status`` needs no more to count them."""

    cell: Component
    """Name of its folder."""
    key: Sha256
    """Its key."""
    kind: Literal["pretrain", "meta", "adapt"]
    """The stage."""
    method: Text = ""
    """The method that it was planned for first."""
    needs: Entries[Sha256] = ()
    """Keys of the cells that must be done before."""
    cost: Amount = 0.0
    """About how many gradients of a batch it takes."""
    selected: bool = True
    """Whether ``--only`` asked for it the last time."""
    unavailable: Text = ""
    """Why it cannot be run; empty where it can."""


@final
class RunNote(Record):
    """The request of a run: methods, columns and the cell behind each planned score."""

    most_bytes = RUN_RECORD_BYTES
    schema_: Annotated[Literal[2], Field(alias="schema")] = 2
    """Version of the record's format."""
    name: Word
    """Name of the benchmark."""
    smoke: bool = False
    """Whether this is a smoke run: a quick walk through every cell, never a result."""
    overrides: Entries[Text] = ()
    """The changes of ``--set``."""
    methods: Entries[Text]
    """Ids of the methods in the order of the file."""
    columns: Entries[ColumnNote]
    """Columns in the order of the file."""
    uses: Uses[UseNote]
    """Every planned score."""
    cells: Uses[PlannedCell] = ()
    """Every planned cell, needs first."""
    only: Entries[Text] = ()
    """The ``--only`` of the last start of the run."""
    baselines: Entries[Text] = ()
    """Methods that the others are compared with."""
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """One minus the coverage of the intervals."""
    family: Family = "method"
    """Comparisons that are corrected together."""
    averaged: Annotated[Mapping[Text, Entries[Text]], Field(max_length=1000)] = {}
    """Metrics whose mean enters the average, for columns that enter it by more than one."""
    notes: Entries[Text] = ()
    """Notes for readers of the leaderboard."""
    published: Entries[PublishedNote] = ()
    """Tables of numbers reported elsewhere, to be shown next to ours."""
    metrics: Entries[MetricNote] = ()
    """Every metric of the columns, the primary ones with them."""
    spec_hash: Word = ""
    """Fingerprint of the resolved benchmark file."""
    texts: Annotated[Mapping[Component, Sha256], Field(max_length=10)] = {}
    """The sha256 of each benchmark file in the run folder, by file name."""
    provenance: Provenance | None = None
    """Of the last time that the run was started."""

    @model_validator(mode="after")
    def _uses_name_what_is_there(self) -> Self:
        columns = {column.name for column in self.columns}
        methods = set(self.methods)
        for use in self.uses:
            if use.method not in methods or use.column not in columns:
                raise ValueError(f"{use.method!r} on {use.column!r} is in no row or column")
        return self


def with_texts(note: RunNote, spec_text: str, resolved_text: str) -> RunNote:
    """Return a request with the hashes of its benchmark files."""
    texts = {SPEC: spec_text, RESOLVED: resolved_text}
    hashes = {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}
    return note.model_copy(update={"texts": hashes})


def joined_note(there: RunNote, asked: RunNote, owner: LockOwner, *, where: str) -> RunNote:
    """Return the joint request of two processes on one run folder: the parts of both.

    Raises:
        LockError: they request different runs.
    """
    if _whole(there) != _whole(asked):
        raise LockError(
            f"process {owner.pid} on {owner.host} works on this run since {owner.started}, with"
            " another benchmark file or other settings",
            where=where,
            hint="wait for it, or name another folder with --runs DIR",
        )
    selected = {cell.key for note in (there, asked) for cell in note.cells if cell.selected}
    cells = [cell.model_copy(update={"selected": cell.key in selected}) for cell in there.cells]
    only = dict.fromkeys((*there.only, *asked.only)) if there.only and asked.only else ()
    return there.model_copy(update={"cells": tuple(cells), "only": tuple(only)})


def _whole(note: RunNote) -> RunNote:
    """Return the request without its selection."""
    cells = tuple(cell.model_copy(update={"selected": True}) for cell in note.cells)
    return note.model_copy(update={"cells": cells, "only": (), "texts": {}, "provenance": None})
