"""A learner and an episode without the parameters that the episode cannot touch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from metabench.nn.keeping import SPARSE_SHARE
from metabench.nn.layout import Layout

if TYPE_CHECKING:
    from metabench.learning.batch import Batch
    from metabench.learning.episode import Episode
    from metabench.nn.layout import Place
    from metabench.nn.learner import TransformerLearner

__all__ = ["EpisodeView", "view"]


@final
@dataclass(frozen=True, slots=True)
class EpisodeView:
    """A learner over a part of theta, the episode in its terms, and the way there and back.

    Args:
        learner: the learner, over [Q] of the [P] parameters.
        episode: the episode, its words numbered anew.
        whole: the learner over all of theta.
        vocabulary: [words], the rows of the word embeddings that are in the part; None where the
            part is the whole.
    """

    learner: TransformerLearner
    episode: Episode
    whole: TransformerLearner
    vocabulary: Tensor | None = None

    def take(self, block: Tensor) -> Tensor:
        """Return the part of a block that lies along theta; any other block as it is."""
        if self.vocabulary is None or block.shape != (self.whole.layout.size,):
            return block
        words, end, head = self._places()
        rows = block[words.span].view(words.shape).index_select(0, self.vocabulary)
        return torch.cat(
            [block[: words.start], rows.flatten(), block[words.stop : end], block[head]]
        )

    def put(self, part: Tensor) -> Tensor:
        """Return a part [Q] in its places along theta, with zero elsewhere; any other as it is."""
        if self.vocabulary is None or part.shape != (self.learner.layout.size,):
            return part
        words, end, head = self._places()
        whole = part.new_zeros(self.whole.layout.size)
        count = len(self.vocabulary) * words.shape[1]
        rows = part[words.start : words.start + count].view(-1, words.shape[1])
        whole[words.span].view(words.shape).index_copy_(0, self.vocabulary, rows)
        whole[: words.start] = part[: words.start]
        rest = end - words.stop
        whole[words.stop : end] = part[words.start + count : words.start + count + rest]
        whole[head] = part[words.start + count + rest :]
        return whole

    def _places(self) -> tuple[Place, int, slice]:
        layout = self.whole.layout
        words = next(place for place in layout.encoder if place.name == layout.words)
        return words, layout.encoder[-1].stop, layout.head(self.episode.task)


def view(learner: TransformerLearner, episode: Episode, *, sparse: bool) -> EpisodeView:
    """Return an episode's view, and make the learner ready for it.

    Args:
        learner: over all of theta.
        episode: what comes.
        sparse: whether what no batch of the episode touches may be left out: the embeddings of
            other words and the heads of other tasks. Their gradient and curvature are zero.
    """
    vocabulary = episode.vocabulary
    layout = learner.layout
    words = next((place for place in layout.encoder if place.name == layout.words), None)
    if (
        not sparse
        or learner.bert is None
        or vocabulary is None
        or words is None
        or len(vocabulary) > SPARSE_SHARE * words.shape[0]
    ):
        learner.passes.expect(episode.support)
        return EpisodeView(learner, episode, learner)
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
        ),
    )
    part.passes.expect(small.support)
    return EpisodeView(part, small, learner, vocabulary)
