"""The first examples of a split as the encoder gets them, with class counts and lengths."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any, final

import numpy as np
from rich.cells import cell_len

from metabench.cli.views.cells import class_counts
from metabench.data.counts import split_note
from metabench.data.encoding import encode
from metabench.data.rows import load_rows
from metabench.data.tokens import TokenTable
from metabench.quantities import percent
from metabench.tasks.reading.refusal import not_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metabench.data.rows import Part
    from metabench.plan.cell import TaskUse
    from metabench.spec.model.sections import ModelSpec
    from metabench.store.records.splits import SplitNote
    from metabench.tasks.hub import Hub

__all__ = ["Sample", "sample"]

_WIDTH = 80
_MOST_LINES = 4


@final
@dataclass(frozen=True, slots=True)
class Example:
    """One example: its texts, its label, its tokens, and 0 or 1 for the text that each is of."""

    texts: tuple[str, ...]
    label: str
    tokens: tuple[str, ...]
    segments: tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class Sample:
    """The first examples of a split, and statistics of all its examples.

    Args:
        encoder: id of the encoder.
        counts: examples, cut texts, unknown words and classes of the whole split.
        lengths: tokens of the shortest, the median and the longest example.
        examples: the first ones; none where the file is withheld.
        withheld: the reason if there are none; else empty.
    """

    encoder: str
    counts: SplitNote
    lengths: tuple[int, int, int]
    examples: tuple[Example, ...]
    withheld: str

    def entry(self) -> dict[str, Any]:
        """Return the sample as JSON values."""
        names = ("shortest", "median", "longest")
        return {
            "encoder": self.encoder,
            **self.counts.model_dump(),
            "lengths": dict(zip(names, self.lengths, strict=True)),
            "examples": [asdict(example) for example in self.examples],
        }

    def lines(self) -> Iterator[str]:
        """Yield the sample as lines of at most 80 characters."""
        counts, (low, middle, high) = self.counts, self.lengths
        classes = class_counts(counts.classes)
        head = f"{counts.task} {counts.split}: {counts.rows:,} examples"
        yield from wrap(f"{head}; {classes}" if classes else head, _WIDTH, subsequent_indent="  ")
        unknown = percent(counts.unknown / max(1, counts.words))
        fit = (
            f"{self.encoder}: {low} to {high} tokens, median {middle}; {counts.cut:,} of"
            f" {counts.rows:,} cut at {counts.max_length}; {unknown} % of words unknown"
        )
        yield from wrap(fit, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        for number, example in enumerate(self.examples, 1):
            yield from _cut(f"{number}  {example.label}", " ")
            for text in example.texts:
                yield from _cut(text, "     ")
            for part in (0, 1):
                pairs = zip(example.tokens, example.segments, strict=True)
                tokens = " ".join(token for token, segment in pairs if segment == part)
                yield from _cut(tokens, "     | ")
        if self.withheld:
            yield f"  {self.withheld}"


def sample(
    use: TaskUse, part: Part, *, model: ModelSpec, tokenizer: Any, hub: Hub, rows: int
) -> Sample:
    """Return the first examples of a split, read and tokenized as for a run.

    Raises:
        DataError: the examples are not available or do not match the task's card.
    """
    found, card = load_rows(use, part, hub=hub), use.card
    encoding = encode(found.texts, tokenizer=tokenizer, max_length=model.max_length, cache=None)
    table = TokenTable.build(encoding, found.labels, max_length=model.max_length, device="cpu")
    withheld = not_shown(card)
    examples = [
        Example(
            tuple(column[row] for column in found.texts),
            card.labels[int(found.labels[row])] if card.labels else f"{found.labels[row]:g}",
            tuple(tokenizer.convert_ids_to_tokens(table.row(row))),
            tuple(table.segments(row)),
        )
        for row in range(0 if withheld else min(rows, len(table)))
    ]
    lengths = table.lengths
    spread = (int(lengths.min()), int(np.median(lengths)), int(lengths.max()))
    return Sample(model.id, split_note(use, part, table), spread, tuple(examples), withheld)


def _cut(text: str, indent: str) -> Iterator[str]:
    """Yield a text in lines of at most 80 characters, the first four of them."""
    width = _WIDTH if cell_len(text) == len(text) else _WIDTH // 2  # letters of two columns
    lines = wrap(text, width, initial_indent=indent, subsequent_indent=indent)
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield f"{indent}… {len(lines) - _MOST_LINES:,} more lines"
