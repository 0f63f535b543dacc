"""Lengths of a task's examples in tokens: from the cache, else from a sample encoded here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, final

import numpy as np
import numpy.typing as npt

from metabench.data.encoding import Encoding, cached, encode
from metabench.data.order import by_length
from metabench.data.rows import load_rows
from metabench.nn.encoder import load_tokenizer
from metabench.plan.cell import FineTuneWork
from metabench.seeding import Stream
from metabench.session.estimate.footprint import BatchShape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from metabench.data.rows import Part
    from metabench.plan.cell import Cell, TaskUse
    from metabench.spec.model.sections import ModelSpec
    from metabench.tasks.hub import Hub


__all__ = ["Batches", "RowLengths", "row_lengths", "task_lengths"]

_SAMPLE = 512
_LONGEST = 64  # of the sample: the examples with the longest texts
_MULTIPLE = 8  # of which every batch's columns are, see TokenTable
_DRAWN = 1_000_000  # examples drawn to estimate the lengths of batches
_USUAL = 500  # batches of which the mean is taken
_SCORED = 64  # evaluation batch size
_HEAPS = 0.6  # a text of n times as many words has n to the power of this as many different ones

FoundT = TypeVar("FoundT")

Lengths = npt.NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True)
class Batches:
    """The mean of a task's batches; the most tokens and columns of any; words of an episode."""

    mean: BatchShape
    longest: BatchShape
    words: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class RowLengths:
    """Tokens of each example of a split: counted in a sample, estimated for the others.

    Args:
        lengths: [examples], special tokens included.
        counted: examples whose tokens were counted.
        ids: token ids of those examples, concatenated.
        max_length: the largest width of a batch.
    """

    lengths: Lengths
    counted: int
    ids: npt.NDArray[np.int32]
    max_length: int
    _found: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def batches(self, *, size: int, number: int, episode: int = 1) -> Batches:
        """Return the shapes of ``number`` training batches of ``size`` examples.

        Words are counted over ``episode`` of those batches together.
        """
        found = partial(self._batches, size, number, episode)
        return self._once(("batches", size, number, episode), found)

    def scored(self) -> Batches:
        """Return the shapes of the evaluation batches, short ones first."""
        return self._once("scored", self._scored)

    def cut(self, rows: int | None) -> RowLengths:
        """Return an evenly spaced part of the examples, for a task of which only a part is used."""
        if rows is None or rows >= len(self.lengths):
            return self
        return self._once(("cut", rows), partial(self._cut, rows))

    def _once(self, what: object, find: Callable[[], FoundT]) -> FoundT:
        """Return what is found, at the first request only: cells that differ in seeds share it."""
        if what not in self._found:
            self._found[what] = find()
        found: FoundT = self._found[what]
        return found

    def _batches(self, size: int, number: int, episode: int) -> Batches:
        rows = min(size, len(self.lengths))
        most = max(1, _DRAWN // rows)
        number, usual = max(1, min(number, most)), min(_USUAL, most)
        draw = Stream.root(0).child("estimate").numpy()
        picked = self.lengths[draw.integers(len(self.lengths), size=(max(number, usual), rows))]
        tokens, widths = picked.sum(1), self._wide(picked.max(1))
        seen = len(self.ids) * rows * episode / max(1.0, self.counted)
        words = len(np.unique(self.ids)) * min(1.0, rows * episode / self.counted) ** _HEAPS
        if rows * episode > self.counted:
            words *= (min(rows * episode, len(self.lengths)) / self.counted) ** _HEAPS
        return Batches(
            _mean(np.full(usual, rows), tokens[:usual], widths[:usual]),
            BatchShape(rows, float(tokens[:number].max()), float(widths[:number].max())),
            min(words, seen),
        )

    def _scored(self) -> Batches:
        groups = [self.lengths[rows] for rows in by_length(self.lengths, batch_size=_SCORED)]
        rows = np.array([len(group) for group in groups])
        tokens = np.array([group.sum() for group in groups])
        widths = self._wide(np.array([group.max() for group in groups]))
        last = BatchShape(float(rows[-1]), float(tokens[-1]), float(widths[-1]))
        return Batches(_mean(rows, tokens, widths), last)

    def _cut(self, rows: int) -> RowLengths:
        places = np.linspace(0, len(self.lengths) - 1, rows).astype(np.int64)
        return RowLengths(self.lengths[places], self.counted, self.ids, self.max_length)

    def _wide(self, longest: Lengths) -> Lengths:
        return np.minimum(-(-longest // _MULTIPLE) * _MULTIPLE, self.max_length)


def _mean(rows: Lengths, tokens: Lengths, widths: Lengths) -> BatchShape:
    """Return the batch with their mean tokens and their mean cost of attention."""
    square = float((rows * widths**2).mean())
    return BatchShape(
        float(rows.mean()), float(tokens.mean()), (square / float(rows.mean())) ** 0.5
    )


def row_lengths(
    use: TaskUse, part: Part, *, tokenizer: Any, max_length: int, hub: Hub, cache: Path | None
) -> RowLengths:
    """Return the lengths of a split's examples; at most 512 of them are encoded here.

    Raises:
        DataError: the examples are not available.
    """
    texts = load_rows(use, part, hub=hub).texts
    if cache is not None:
        known = cached(texts, tokenizer=tokenizer, max_length=max_length, cache=cache)
        if known is not None:
            lengths = known.lengths.astype(np.int64)
            return RowLengths(lengths, len(lengths), known.ids, max_length)
    letters = np.array([sum(map(len, row)) for row in zip(*texts, strict=True)], dtype=np.float64)
    picks = _sample(letters)
    sample = tuple([column[pick] for pick in picks] for column in texts)
    encoding = encode(sample, tokenizer=tokenizer, max_length=max_length, cache=None)
    lengths = _guess(letters, picks, encoding, max_length)
    return RowLengths(lengths, len(picks), encoding.ids, max_length)


def _sample(letters: npt.NDArray[np.float64]) -> Lengths:
    """Return the examples with the longest texts, and random others."""
    if len(letters) <= _SAMPLE:
        return np.arange(len(letters), dtype=np.int64)
    order = np.argsort(letters, kind="stable")
    rest, longest = order[:-_LONGEST], order[-_LONGEST:]
    draw = Stream.root(0).child("estimate", "sample").numpy()
    others = draw.choice(rest, size=_SAMPLE - _LONGEST, replace=False)
    return np.concatenate([others, longest]).astype(np.int64)


def _guess(
    letters: npt.NDArray[np.float64], picks: Lengths, encoding: Encoding, max_length: int
) -> Lengths:
    """Return the tokens of all examples: counted, or estimated by a line fitted to the counts."""
    counted = encoding.lengths.astype(np.float64)
    chance = slice(0, max(1, len(picks) - _LONGEST)) if len(picks) == _SAMPLE else slice(None)
    design = np.stack([letters[picks][chance], np.ones(len(picks[chance]))], axis=1)
    (slope, start), *_ = np.linalg.lstsq(design, counted[chance], rcond=None)
    lengths: Lengths = np.clip(np.rint(letters * slope + start), 1, max_length).astype(np.int64)
    lengths[picks] = encoding.lengths
    return lengths


def task_lengths(
    cells: Sequence[Cell], model: ModelSpec, *, hub: Hub, cache: Path | None
) -> dict[tuple[str, str], RowLengths]:
    """Return the lengths of these cells' examples, by task and part.

    Raises:
        DataError: examples or tokenizer are not available.
    """
    wanted: dict[tuple[str, Part], TaskUse] = {}
    for cell in cells:
        for use in cell.uses:
            known = wanted.setdefault((use.card.name, "train"), use)
            if use.train_rows > known.train_rows:  # of few-shot training sets, the largest
                wanted[use.card.name, "train"] = use
            if isinstance(cell.work, FineTuneWork):
                wanted.setdefault((use.card.name, "scored"), use)
    tokenizer = load_tokenizer(model, hub=hub)
    return {
        (name, part): row_lengths(
            use, part, tokenizer=tokenizer, max_length=model.max_length, hub=hub, cache=cache
        )
        for (name, part), use in wanted.items()
    }
