"""The memory of the engine from shapes only, copy by copy.

Nothing here loads torch. Activations are those of `metabench.nn.bert.encoder` and of the four
passes of `metabench.nn.passes.layer`, which process a part of a batch at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from metabench.nn.caching import (
    SPARSE_SHARE,
    layers_held,
    layers_worked,
    most_that_fits,
    uses_custom_backward,
    values_at_a_time,
)
from metabench.session.estimate.shapes import FLOAT, BatchShape, EpisodeNeeds, Footprint, Numbers

__all__ = ["BatchShape", "EncoderShape", "EpisodeNeeds", "Footprint", "Numbers"]

_SAVED = 2 * 3  # theta and two moments, each as bytes and once more in the file's


@final
@dataclass(frozen=True, slots=True)
class EncoderShape:
    """The shape of an encoder of BERT's family, from its configuration."""

    layers: int
    heads: int
    width: int
    inner: int
    words: int
    others: int
    """Embeddings that are no words: positions and types."""
    pooler: bool
    attention_dropout: bool = True
    packed: bool = True
    """Whether padding is left out of the arithmetic, as `metabench.nn.bert.encoder` does."""
    cls_only: bool = False
    """Whether the last layer computes only each row's first token."""
    part: int | None = None
    """Its trained parameters, None for all; see `metabench.session.estimate.parts`."""
    frozen_layers: int = 0
    """How many of its lowest layers, with the embeddings, are not trained."""
    words_trained: bool = True

    @property
    def trained(self) -> int:
        """Trained parameters."""
        return self.parameters if self.part is None else self.part

    @property
    def layer_parameters(self) -> int:
        """Parameters of a layer: four square maps, two of the MLP, two norms."""
        w, i = self.width, self.inner
        return 4 * (w * w + w) + 2 * w * i + i + w + 4 * w

    @property
    def parameters(self) -> int:
        """Parameters of the encoder."""
        w = self.width
        embeddings = (self.words + self.others + 2) * w
        return embeddings + self.layers * self.layer_parameters + self.pooler * (w * w + w)

    def work(self, batch: BatchShape) -> float:
        """Return the multiplications of a forward pass through all layers."""
        return layers_worked(self.layers, cls_only=self.cls_only) * self.layer_work(batch)

    def layer_work(self, batch: BatchShape) -> float:
        """Return the multiplications of a forward pass through one layer, all of it."""
        w, i = self.width, self.inner
        tokens = batch.tokens if self.packed else batch.rows * batch.width
        return tokens * (4 * w * w + 2 * w * i) + 2 * batch.rows * batch.width**2 * w

    # -- stages ------------------------------------------------------------------------------

    def adapt(
        self, batch: BatchShape, scored: BatchShape, *, heads: int, numbers: Numbers
    ) -> Footprint:
        """Return the memory of fine-tuning: the longest training batch, then an evaluation batch.

        Copies of the parameters: the encoder's, theta, its gradient and AdamW's two moments; during
        a gradient its target vector and, at the end, all word embeddings once more. A checkpoint
        holds theta and the moments.
        """
        p, frozen = FLOAT * (self.trained + heads), FLOAT * (self.parameters - self.trained)
        needed = max(self._graph(batch, numbers), self._inference(scored, numbers))
        words = FLOAT * self.words * self.width * self.words_trained
        held = (5 + 1) * p + frozen + words
        return Footprint(held, numbers.slack * needed, frozen + (5 + _SAVED) * p)

    def frozen(
        self,
        batch: BatchShape,
        scored: BatchShape,
        table: float,
        *,
        heads: int,
        numbers: Numbers,
    ) -> Footprint:
        """Return the memory of a model on frozen features, whose table takes so many bytes.

        Copies of the parameters: the encoder's, theta at the start and in the end.
        """
        needed = max(self._inference(batch, numbers), self._inference(scored, numbers))
        copies = 3 * FLOAT * (self.parameters + heads)
        return Footprint(copies + table, numbers.slack * needed, 0.0)

    def meta(
        self,
        mean: BatchShape,
        longest: BatchShape,
        episode: EpisodeNeeds,
        *,
        heads: int,
        tasks: int,
        numbers: Numbers,
    ) -> Footprint:
        """Return the peak memory of meta-training: in an episode, or at the outer step.

        Held throughout: the encoder's parameters, the initial and the current theta, Adam's
        moments; other blocks like theta with their moments. In an episode, besides small copies:
        the sum of the directions and the previous one, or all of them. At the outer step: two
        directions and a temporary.
        """
        p, frozen = FLOAT * (self.trained + heads), FLOAT * (self.parameters - self.trained)
        q = p - self._cut(episode.words)
        copies = q * _copies(episode)
        blocks = 1 + episode.blocks
        held = (2 + 3 * blocks) * p + frozen
        if episode.gathers:
            inside, outside = copies + tasks * p, (tasks + 3) * p
        else:
            inside, outside = copies + (2 * blocks * p if tasks > 1 else 0), (1 + 2 * blocks) * p
        exact = episode.way == "exact" and self.packed
        kept = self.kept(mean, episode)[0] if exact else 0.0
        passes = numbers.slack * self._episode(longest, episode, numbers)
        saving = held + _SAVED * blocks * p
        return Footprint(held + max(inside, outside), kept + passes, saving)

    def pretrain(self, batch: BatchShape, *, numbers: Numbers) -> Footprint:
        """Return the memory of masked-language-model training: by transformers, padding included.

        The logits of every position are held three times: logits, softmax, gradient.
        """
        p = FLOAT * self.parameters
        places = batch.rows * batch.width
        padded = BatchShape(batch.rows, places, batch.width)
        logits = 3 * FLOAT * places * self.words
        needed = numbers.slack * (self._graph(padded, numbers) + logits)
        return Footprint(6 * p, needed, (5 + _SAVED) * p)

    # -- parts -------------------------------------------------------------------------------

    @property
    def _held(self) -> float:
        """How many whole layers are held as much as."""
        return max(0.0, layers_held(self.layers, cls_only=self.cls_only) - self.frozen_layers)

    def _cut(self, words: float | None) -> float:
        if words is None or not self.words_trained or words > SPARSE_SHARE * self.words:
            return 0.0
        return FLOAT * self.width * (self.words - words)

    def _scores(self, batch: BatchShape) -> float:
        return batch.rows * self.heads * batch.width**2

    def _spread(self, batch: BatchShape) -> float:
        return batch.rows * batch.width * self.width

    def _tokens(self, batch: BatchShape) -> float:
        return batch.tokens if self.packed else batch.rows * batch.width

    def _masks(self, batch: BatchShape) -> float:
        """Return the bytes of a layer's dropout masks, one for each value."""
        return 2 * self._tokens(batch) * self.width + self.attention_dropout * self._scores(batch)

    def _graph(self, batch: BatchShape, numbers: Numbers) -> float:
        """Return the memory of autograd after a forward pass, with the last layer's backward."""
        w, i = self.width, self.inner
        tokens, scores, spread = self._tokens(batch), self._scores(batch), self._spread(batch)
        fused = numbers.fused or not self.attention_dropout
        attention = 4 * spread if fused else 3 * spread + 2 * scores
        layer = numbers.size * (tokens * (5 * w + 2 * i) + attention) + self._masks(batch)
        spare = tokens * 2 * i if fused else 3 * scores
        return self._held * layer + numbers.size * spare

    def _inference(self, batch: BatchShape, numbers: Numbers) -> float:
        """Return the peak memory of a layer that keeps nothing."""
        tokens, scores, spread = self._tokens(batch), self._scores(batch), self._spread(batch)
        attention = 4 * spread + (0 if numbers.fused else 3 * scores)
        return numbers.size * max(attention + tokens * self.width, 2 * tokens * self.inner)

    def _forward(self, batch: BatchShape) -> float:
        """Return the activations that a layer's forward pass keeps, without masks."""
        tokens = self._tokens(batch) * (4 * self.width + self.inner)
        return FLOAT * (tokens + 3 * self._spread(batch) + self._scores(batch))

    def _backward(self, batch: BatchShape) -> float:
        """Return those that its backward pass keeps in addition."""
        tokens = self._tokens(batch) * (9 * self.width + self.inner)
        return FLOAT * (tokens + self._spread(batch) + self._scores(batch))

    def _tangents(self, batch: BatchShape) -> float:
        """Return the memory of its tangents."""
        tokens = self._tokens(batch) * (5 * self.width + self.inner)
        return FLOAT * (tokens + 3 * self._spread(batch) + self._scores(batch))

    def _episode(self, batch: BatchShape, episode: EpisodeNeeds, numbers: Numbers) -> float:
        """Return the memory of a batch while it is processed, without that kept of others."""
        exact = episode.way == "exact"
        # Differences are refused under autocast, so both never occur here.
        if not (
            self.packed and uses_custom_backward(episode.way, numbers.device, autocast=False)
        ):  # double backward keeps a graph of the graph
            return (3 if exact else 1) * self._graph(batch, numbers)
        part = self._part(batch, numbers, episode)
        masks = self._held * self._masks(batch)
        inputs = FLOAT * self._tokens(part) * (self.width + self.inner)
        wide = FLOAT * self._tokens(part) * 2 * self.inner
        gradient = self._held * (self._forward(part) + inputs) + self._backward(part) + wide
        if not exact:
            return masks + gradient
        product = self._held * (self._forward(part) + self._tangents(part))
        product += 2 * (self._backward(part) + wide)
        _, gone = self.kept(batch, episode)
        if not gone:
            product, masks = self._held * self._tangents(part), 0.0
        return masks + max(product, gradient)

    def _part(self, batch: BatchShape, numbers: Numbers, episode: EpisodeNeeds) -> BatchShape:
        """Return the largest part of a batch that the passes go through at a time."""
        most = values_at_a_time(numbers.device, way=episode.way, keep=episode.keep)
        share = most / max(1.0, self._tokens(batch) * self.width)
        share = min(1.0, share + 1 / max(1.0, batch.rows))  # and one row more
        return replace(batch, rows=batch.rows * share, tokens=batch.tokens * share)

    def kept(self, batch: BatchShape, episode: EpisodeNeeds) -> tuple[float, int]:
        """Return the bytes that are kept of the support passes, and how many keep nothing.

        It follows the engine's own rule: as much as fits, if the passes to come are like this one.
        """
        masks = self._held * self._masks(batch)
        forward, backward = self._held * self._forward(batch), self._held * self._backward(batch)
        if episode.keep == "fast":
            return episode.support * (forward + backward + masks), 0
        if episode.keep == "lean":
            return 0.0, episode.support
        room, kept, gone = episode.room, 0.0, 0
        for number in range(episode.support):
            most, room = most_that_fits(forward, room=room, passes=episode.support - number)
            both = masks + forward + backward
            kept += {"nothing": 0.0, "forward": masks + forward, "backward": both}[most]
            gone += most == "nothing"
        return kept, gone


def _copies(episode: EpisodeNeeds) -> int:
    """Return the peak number of vectors like the parameters in use that an episode holds.

    For MAML these are the path and a direction; without curvature the first point, the last, a
    gradient and its multiple. A product adds one; by differences a further point, and for
    ``forward`` the gradient of each support batch except the one it overwrites.
    """
    k = episode.support
    own = episode.vectors if episode.vectors is not None else (4 if episode.way is None else k + 1)
    return own + {"exact": 1, "central": 2, "forward": k + 1, None: 0}[episode.way]
