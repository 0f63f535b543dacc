"""The cell behind each file of a GLUE submission, and its examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, final

from metabench.api.task import HubSource, TaskCard
from metabench.errors import DataError, NothingMatchedError
from metabench.quantities import seeds_text
from metabench.session.export.submission import FILES, SubmissionFile
from metabench.suggest import did_you_mean
from metabench.tasks.identity import split_facts

if TYPE_CHECKING:
    from metabench.plan.cell import Cell
    from metabench.store.records.run import RunNote, UseNote
    from metabench.tasks.hub import Hub

__all__ = ["Part", "Unfilled", "chosen_uses", "glue_parts"]

SplitKind: TypeAlias = Literal["test", "validation"]


@final
@dataclass(frozen=True, slots=True)
class Part:
    """A file that a cell predicts: the card of its examples, their split and number."""

    file: SubmissionFile
    cell: str
    card: TaskCard
    split: str
    rows: int

    @property
    def shortfall(self) -> str:
        """The missing part of the official examples; empty where none is missing."""
        official = self.card.splits.get(self.split, self.rows)
        if self.rows == official:
            return ""
        return f"PARTIAL: {self.file.name}.tsv has {self.rows:,} of {official:,} rows"


@final
@dataclass(frozen=True, slots=True)
class Unfilled:
    """A file that no cell predicts, and why."""

    file: SubmissionFile
    why: str


def chosen_uses(note: RunNote, *, method: str, seed: int | None) -> Mapping[str, UseNote]:
    """Return the planned scores of a method on the targets that are tasks of GLUE, by task.

    Without ``seed``, those of the first meta seed; always those of fine-tuning seed 0.

    Raises:
        NothingMatchedError: there is no such method, seed or target in the run.
    """
    if method not in note.methods:
        other = f"name one of {', '.join(map(repr, note.methods))}"
        hint = did_you_mean(method, note.methods, otherwise=other)
        raise NothingMatchedError(f"the run has no method {method!r}", hint=hint)
    tasks = {column.name: column.task for column in note.columns if column.role == "target"}
    wanted = {file.task for file in FILES}
    uses = [use for use in note.uses if use.method == method and use.finetune_seed == 0]
    seeds = list(dict.fromkeys(use.meta_seed for use in uses))
    if seed is not None and seed not in seeds:
        raise NothingMatchedError(
            f"the run has no meta seed {seed!r}", hint=f"name one of {seeds_text(seeds)}"
        )
    chosen = seeds[0] if seed is None else seed
    found = {
        tasks[use.column]: use
        for use in uses
        if use.meta_seed == chosen and tasks.get(use.column) in wanted
    }
    if not found:
        raise NothingMatchedError(
            f"no target of the run {note.name!r} is a task of GLUE",
            hint="name the run of a benchmark whose tasks.target has tasks such as glue/rte",
        )
    return found


def glue_parts(
    cells: Mapping[str, Cell], cards: Mapping[str, TaskCard], *, split: SplitKind, hub: Hub
) -> tuple[Sequence[Part], Sequence[Unfilled]]:
    """Return the files that cells predict, and the others; no example is loaded.

    Args:
        cells: the adapt cell of each task.
        cards: the card of each task.
        split: the test split for the submission, or a labelled split for checking; of the latter, a
            file whose examples are not available is omitted.
        hub: the source of the examples.

    Raises:
        DataError: examples of the submission are not available, or no file can be predicted.
    """
    parts, unfilled = [], []
    for file in FILES:
        if file.task not in cells:
            unfilled.append(Unfilled(file, f"{file.task} is no target of the run"))
            continue
        name = file.test if split == "test" else file.validation
        card = _card(cards[file.task], file)
        try:
            rows = split_facts(card, name, hub=hub).rows if name else 0
        except DataError as error:
            if split == "test":
                raise DataError(
                    f"the examples of split {name!r}, which {file.name}.tsv predicts, are missing: "
                    f"{error.problem}",
                    where=card.name,
                    hint="name a mirror that has them with --hub DIR or METABENCH_HUB, or check "
                    "with --split validation",
                ) from error
            unfilled.append(Unfilled(file, error.problem))
            continue
        if name:
            parts.append(Part(file, cells[file.task].folder, card, name, rows))
        else:
            unfilled.append(Unfilled(file, "it has no examples with labels"))
    if not parts:
        raise DataError(
            f"no examples with labels are available for {', '.join(cells)}",
            where="--split validation",
            hint="name a mirror that has them with --hub DIR or METABENCH_HUB",
        )
    return parts, unfilled


def _card(card: TaskCard, file: SubmissionFile) -> TaskCard:
    """Return the card of a file's examples: the task's, or that of another configuration."""
    if not file.config or not isinstance(card.source, HubSource):
        return card
    source = card.source.model_copy(update={"config": file.config})
    name = f"glue/{file.config}"
    return card.model_copy(
        update={"name": name, "source": source, "splits": {file.test: file.rows}}
    )
