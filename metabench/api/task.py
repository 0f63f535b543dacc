"""Task cards: data source, columns, labels, metrics, licence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from metabench.api.options import Options

__all__ = ["DataFile", "FileFormat", "FileSource", "GeneratedSource", "HubSource", "TaskCard"]

FileFormat: TypeAlias = Literal["csv", "tsv", "jsonl", "parquet", "arrow"]


class HubSource(Options):
    """Examples from the hub, or from a folder in the hub's layout."""

    kind: Literal["hub"] = "hub"
    id: str
    """Hub id, ``owner/name``, or the absolute path of a folder in the same layout."""
    config: str | None = None
    """Name of the configuration."""
    revision: str | None = None
    """Commit or tag on the hub; None is the newest."""
    files: str | None = None
    """The file of a split, with ``{split}`` for its name, such as ``data/air_{split}.json``: for a
    clone of a repository that is no dataset of the hub. It is only looked for in the mirror."""
    url: str | None = None
    """The address to clone ``files`` from."""
    find_labels: bool = False
    """Whether the classes are still to be found, as for files."""
    withheld: Annotated[str, Field(exclude=True)] = ""
    """The reason why no message quotes the folder's examples; empty if messages may."""


class GeneratedSource(Options):
    """Examples made by a function: for synthetic tasks, which are always labelled so."""

    kind: Literal["generated"] = "generated"
    target: str
    """``package.module:function``; called with (task name, split), returns a mapping from column
    name to a list of values. It must depend on nothing else."""


class DataFile(Options):
    """One file of examples."""

    path: str
    """The file; never part of a key, which knows its content."""
    format: FileFormat
    """How it is read."""
    place: str = ""
    """The place that names the file, such as ``bench.toml:9: tasks.define[0].train``."""
    delimiter: str | None = None
    """The delimiter of CSV, if not a comma (of TSV, if not a tab)."""
    encoding: str | None = None
    """The encoding of a text file, where it is not UTF-8."""
    decimal: str | None = None
    """The decimal sign of numbers in texts, where it is not a point."""
    withheld: Annotated[str, Field(exclude=True)] = ""
    """Why no message quotes the file, such as its lying outside of the benchmark file's folder."""


class FileSource(Options):
    """Examples from custom files; every one is checked while planning."""

    kind: Literal["file"] = "file"
    files: Mapping[str, DataFile]
    """The file of each split."""
    scored_fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The share of the examples held out for scoring, where both splits come from one file."""
    find_labels: bool = False
    """Whether the classes are still to be found: the distinct labels of the training file."""


class TaskCard(Options):
    """A task: examples, labels, metrics, official sizes, licence, citation."""

    name: str
    """The name in a benchmark file, such as ``glue/rte``."""
    title: str
    """The name on a leaderboard, such as ``RTE``."""
    source: Annotated[HubSource | GeneratedSource | FileSource, Field(discriminator="kind")]
    """The source of the examples."""
    text: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    """One or two text columns."""
    label: str = "label"
    """The label column."""
    labels: tuple[str, ...] = ()
    """Names of the classes in the order of their numbers; empty for regression."""
    values: Mapping[str, str] = {}
    """The class by label as it is in the data, where labels are not the names of the classes."""
    unlabelled: Literal["refuse", "drop"] | None = None
    """The treatment of examples without a label; None drops those of auxiliary tasks only."""
    standardise: bool = False
    """Whether a regression is trained on targets standardised by the training examples in use;
    predictions are in the task's own unit all the same."""
    bounds: tuple[float, float] | None = None
    """The smallest and the largest number that a label can be; predictions of a regression are
    clipped to them where they are scored and where they are exported."""
    positive: str | None = None
    """The class that F1, precision and recall are of, the second of two, where one was chosen."""
    metrics: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names of the metrics; the first is the primary score."""
    splits: Mapping[str, int]
    """Official number of examples of each split."""
    train: str = "train"
    """The split that is trained on."""
    scored: str
    """The split that is scored; never looked at before the last state is scored."""
    drawn: str = ""
    """The split of each few-shot training set that comes with the data, such as
    ``train_{draw}_{shots}``; empty where sets are drawn from ``train``."""
    summary: str
    """One line."""
    licence: str
    """Licence or terms of the data."""
    citation: str
    """The authors of the data, to be cited."""
    generated: bool = False
    """Whether the examples are synthetic: such scores mean nothing about language."""

    @property
    def training_splits(self) -> tuple[str, ...]:
        """The splits that can be trained on: ``train``, and the few-shot sets of the data."""
        sets = (split for split in self.splits if self.drawn and split != self.scored)
        return tuple(dict.fromkeys((self.train, *sets)))

    def drawn_split(self, shots: int, draw: int) -> str:
        """Return the split of a few-shot training set of the data; empty where it has none."""
        return self.drawn.replace("{shots}", str(shots)).replace("{draw}", str(draw))

    @property
    def outputs(self) -> int:
        """Width of the head: one per class, one for regression."""
        return len(self.labels) or 1

    @property
    def regression(self) -> bool:
        """Whether labels are numbers."""
        return not self.labels

    @property
    def withheld(self) -> str:
        """The reason why no message quotes examples; empty if messages may."""
        source = self.source
        if isinstance(source, FileSource):
            return next((file.withheld for file in source.files.values() if file.withheld), "")
        return source.withheld if isinstance(source, HubSource) else ""

    @property
    def primary(self) -> str:
        """The metric that the leaderboard ranks by."""
        return self.metrics[0]
