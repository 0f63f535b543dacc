"""Episodes: the support and query examples of a task on its n-th visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from metabench.data.order import RowNumbers, permutation
from metabench.errors import DataError
from metabench.learning.episode import Episode

if TYPE_CHECKING:
    from metabench.api.algorithm import EpisodeShape
    from metabench.data.tokens import TokenTable
    from metabench.learning.batch import Batch
    from metabench.seeding import Stream

__all__ = ["EpisodeSource", "episode_rows"]


@final
@dataclass(frozen=True)
class EpisodeSource:
    """A source of episodes, drawn from tables.

    Args:
        tables: the training examples of each task.
        shape: how many support and query batches an episode holds.
        batch_size: examples of a batch; fewer where a task has fewer.
        stream: names all randomness. Equal streams give equal examples on equal visits, whatever
            the shape: an episode of one batch sees the first batch of an episode of six.
    """

    tables: Mapping[str, TokenTable]
    shape: EpisodeShape
    batch_size: int
    stream: Stream

    def episode(self, task: str, *, visit: int, step: int, total_steps: int) -> Episode:
        """Return the episode of a task's n-th visit (from 0).

        Raises:
            DataError: the task has one example, and both sides need one.
        """
        table = self.tables[task]
        order = permutation(len(table), stream=self.stream.child("rows", task, visit))
        parts = episode_rows(order, shape=self.shape, batch_size=self.batch_size, task=task)
        batches: list[Batch] = []
        support, query = parts[: self.shape.support], parts[self.shape.support :]
        for number, rows in enumerate([*support * self.shape.passes, *query]):
            seed = self.stream.child("dropout", task, visit, number).seed
            batches.append(table.batch(rows, task=task, dropout_seed=seed))
        return Episode(
            task=task,
            support=tuple(batches[: self.shape.support_steps]),
            query=tuple(batches[self.shape.support_steps :]),
            step=step,
            total_steps=total_steps,
            stream=self.stream.child("episode", task, visit),
            vocabulary=table.vocabulary(np.concatenate(parts)),
        )


def episode_rows(
    order: RowNumbers, *, shape: EpisodeShape, batch_size: int, task: str
) -> list[RowNumbers]:
    """Return the example numbers of each batch, support first; support and query are disjoint.

    With enough examples, batches are consecutive pieces of ``order``. Otherwise ``order`` is split
    in the proportion of the two sides, at least one example each, and each side cycles through its
    part.

    Raises:
        DataError: there is one example and both sides need one, or there is none.
    """
    if not len(order):
        raise DataError("has no training examples", where=task, hint="leave the task out")
    if len(order) >= shape.batches * batch_size:
        return [
            order[number * batch_size : (number + 1) * batch_size]
            for number in range(shape.batches)
        ]
    cut = _cut(len(order), shape, task=task)
    support = _round(order[:cut], batches=shape.support, batch_size=batch_size)
    return support + _round(order[cut:], batches=shape.query, batch_size=batch_size)


def _cut(rows: int, shape: EpisodeShape, *, task: str) -> int:
    """Return the number of support examples where there are too few."""
    if not shape.support or not shape.query:
        return rows if shape.support else 0
    if rows == 1:
        raise DataError(
            "has one training example, and an episode needs support and query examples",
            where=task,
            hint="leave the task out, or give it more examples",
        )
    return min(max(round(rows * shape.support / shape.batches), 1), rows - 1)


def _round(rows: RowNumbers, *, batches: int, batch_size: int) -> list[RowNumbers]:
    """Return batches that cycle through ``rows``; no batch holds an example twice."""
    size = min(batch_size, len(rows))
    places = np.arange(batches * size).reshape(batches, size) % max(len(rows), 1)
    return [rows[place] for place in places]
