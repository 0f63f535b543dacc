"""``[[tasks.define]]``: a task of one's own, as the benchmark file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from metabench.api.options import Options
from metabench.api.task import FileFormat
from metabench.spec.model.values import Count, Distinct, Name, Names, Text

__all__ = ["OwnTaskSpec"]


class OwnTaskSpec(Options):
    """A task of one's own, from files or from a data set on the hub."""

    name: Name
    """What ``auxiliary``, ``target`` and ``transfer`` call it."""
    title: Name | None = None
    """What the leaderboard calls it; its name where there is none."""
    train: Text
    """The file that is trained on, its path counted from the benchmark file's folder; with
    ``dataset``, the name of a split."""
    scored: Text | None = None
    """The file that is scored, or, with ``dataset``, the name of a split."""
    scored_fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Instead of ``scored``: this share of the training file's rows is held out and scored. It is
    drawn by class, always the same, and rows with equal texts stay together."""
    format: FileFormat | None = None
    """How the files are read; without it, their suffix says so (.csv .tsv .jsonl .parquet)."""
    dataset: Text | None = None
    """Id of a data set on the hub, ``owner/name``, in place of files."""
    config: Text | None = None
    """Name of the data set's configuration."""
    revision: Text | None = None
    """Commit or tag of the data set; the newest where there is none."""
    rows: Mapping[str, Count] = {}
    """Official number of rows by split of the data set; needed where it is not in a mirror."""
    text: Annotated[tuple[Name, ...], Field(min_length=1, max_length=2), Distinct]
    """One or two text columns."""
    label: Name = "label"
    """The label column."""
    kind: Literal["classification", "regression"] = "classification"
    """Whether labels are classes or numbers."""
    labels: Names = ()
    """The classes; without it, the distinct labels of the training file, sorted (whole numbers by
    size). The first is class 0."""
    metrics: Annotated[tuple[Name, ...], Field(max_length=20), Distinct] = ()
    """Metrics, the first of which is the score; ``accuracy`` for classes and ``pearson`` for
    numbers where there is none."""
    licence: Text = "not stated"
    """Licence or terms of the data."""
    citation: Text = "not stated"
    """Who made it."""
