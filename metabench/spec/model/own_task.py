"""``[[tasks.define]]``: a custom task, as defined in the benchmark file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from metabench.api.options import Options
from metabench.api.task import FileFormat
from metabench.spec.model.values import Count, Distinct, Label, Name, Names, Text

__all__ = ["OwnTaskSpec"]


class OwnTaskSpec(Options):
    """A custom dataset, from files or from a dataset on the hub."""

    name: Name
    """Its name in ``auxiliary``, ``target`` and ``transfer``."""
    title: Name | None = None
    """Its title in the leaderboard; its name by default."""
    train: Text
    """The file that is trained on, its path counted from the benchmark file's folder; with
    ``dataset``, the name of a split."""
    scored: Text | None = None
    """The file that is scored, or, with ``dataset``, the name of a split."""
    scored_fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Instead of ``scored``: the share of the training file held out for evaluation. The draw is
    stratified by class and always the same; examples with equal texts stay together."""
    format: FileFormat | None = None
    """The format of the files; by default that of their suffix (.csv .tsv .json .jsonl .parquet
    .arrow, each also compressed: .gz .bz2 .xz .zst .zip)."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """The delimiter of CSV, such as ``";"``; a comma by default."""
    encoding: Text | None = None
    """The encoding of text files, such as ``"cp1252"``; UTF-8 where there is none."""
    decimal: Literal[".", ","] | None = None
    """The decimal sign of a regression's numbers in text files; a point where there is none."""
    dataset: Text | None = None
    """Id of a dataset on the hub, ``owner/name``, or a folder with one (``./folder``), in place of
    files."""
    config: Text | None = None
    """Name of the dataset's configuration."""
    revision: Text | None = None
    """Commit or tag of the dataset; the newest where there is none."""
    rows: Mapping[str, Count] = {}
    """Official number of examples by split of the dataset; needed where it is not in a mirror."""
    text: Annotated[tuple[Name, ...], Field(min_length=1, max_length=2), Distinct]
    """One or two text columns."""
    label: Name = "label"
    """The label column."""
    kind: Literal["classification", "regression"] = "classification"
    """Whether labels are classes or numbers."""
    labels: Names | Annotated[Mapping[Label, Name], Field(max_length=1000)] = ()
    """The classes, or the class of each label: ``labels = { 0 = "negative", 4 = "positive" }``;
    without it, the distinct labels of the training file, sorted (integers by size). The first
    is class 0."""
    unlabelled: Literal["refuse", "drop"] | None = None
    """Whether rows without a label are dropped or refused; by default they are dropped for an
    auxiliary task and refused for others."""
    positive: Name | None = None
    """The class that F1, precision, recall and AUROC are of, one of two; the second where there is
    none."""
    standardise: bool = True
    """Whether a regression is trained on standardized targets. Predictions stay in the task's
    unit."""
    metrics: Annotated[tuple[Name, ...], Field(max_length=20), Distinct] = ()
    """Metrics, the first of which is the score; ``accuracy`` for classes and ``pearson`` for
    numbers where there is none."""
    licence: Text = "not stated"
    """Licence or terms of the data."""
    citation: Text = "not stated"
    """Who made it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the order of their numbers."""
        if isinstance(self.labels, Mapping):
            return tuple(dict.fromkeys(self.labels.values()))
        return self.labels

    @property
    def values(self) -> Mapping[str, str]:
        """The class by label, where labels are not their names."""
        return self.labels if isinstance(self.labels, Mapping) else {}
