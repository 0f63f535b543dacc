"""A learner and an episode without the parameters that the episode cannot touch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from metabench.nn.caching import SPARSE_SHARE
from metabench.nn.layout import Layout
from metabench.nn.touched import Touched

if TYPE_CHECKING:
    from metabench.learning.batch import Batch
    from metabench.learning.episode import Episode
    from metabench.nn.learner import TransformerLearner

__all__ = ["EpisodeView", "view"]


@final
@dataclass(frozen=True, slots=True)
class EpisodeView:
    """A learner over a part of theta, the episode in its numbering, and the maps between both.

    Args:
        learner: the learner, over [Q] of the [P] parameters.
        episode: the episode, with its words renumbered.
        whole: the learner over all of theta.
        touched: the part of theta; None where it is the whole.
    """

    learner: TransformerLearner
    episode: Episode
    whole: TransformerLearner
    touched: Touched | None = None

    def take(self, block: Tensor) -> Tensor:
        """Return the part of a block of theta's shape; any other block unchanged."""
        if self.touched is None or block.shape != (self.whole.layout.size,):
            return block
        return self.touched.take(block)

    def put(self, part: Tensor) -> Tensor:
        """Return a part [Q] in its places along theta, with zero elsewhere; any other as it is."""
        if self.touched is None or part.shape != (self.learner.layout.size,):
            return part
        return self.touched.put(part)


def view(learner: TransformerLearner, episode: Episode, *, sparse: bool) -> EpisodeView:
    """Return an episode's view, and make the learner ready for it.

    Args:
        learner: over all of theta.
        episode: the next episode.
        sparse: whether parameters that no batch of the episode touches may be omitted: the
            embeddings of other words and the heads of other tasks. Their gradient and curvature are
            zero.
    """
    vocabulary = episode.vocabulary
    layout = learner.layout
    if (
        not sparse
        or learner.bert is None
        or vocabulary is None
        or not layout.words
        or len(vocabulary) > SPARSE_SHARE * layout.table.shape[0]
    ):
        learner.passes.expect(episode.support)
        return EpisodeView(learner, episode, learner)
    words = layout.table
    numbers = torch.zeros(words.shape[0], dtype=torch.int64, device=learner.device)
    numbers[vocabulary] = torch.arange(len(vocabulary), device=learner.device)

    def renumbered(batch: Batch) -> Batch:
        return replace(batch, input_ids=numbers[batch.input_ids])

    small = replace(
        episode,
        support=tuple(map(renumbered, episode.support)),
        query=tuple(map(renumbered, episode.query)),
    )
    shapes = [
        (place.name, (len(vocabulary), *place.shape[1:]) if place is words else place.shape)
        for place in layout.encoder
    ]
    task = episode.task
    part = replace(
        learner,
        part=Layout.tiled(
            shapes,
            width=learner.encoder.width,
            outputs={task: learner.heads[task].outputs},
            words=words.name,
            parts=layout.parts,
        ),
    )
    part.passes.expect(small.support)
    return EpisodeView(part, small, learner, Touched(layout, task, vocabulary))
