"""A two-layer BERT in float64 with random weights, and random examples for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final

import numpy as np
import torch
import transformers

from metabench.learning import Batch, Episode
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import Encoder
from metabench.nn.features import Pooling
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.nn.seeded import seeded
from metabench.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.api import EpisodeShape

__all__ = ["TINY_HEADS", "TinyEpisodes", "tiny_batch", "tiny_episode", "tiny_learner"]

TINY_HEADS: Mapping[str, HeadShape] = MappingProxyType(
    {
        "three": HeadShape(3, regression=False),
        "two": HeadShape(2, regression=False),
        "number": HeadShape(1, regression=True),
    }
)
"""Tasks with three classes, two classes, and a number."""

_EXACT = Curvature()
_WIDTH = 16
_ROW = 8
_WORDS = 40


def tiny_learner(
    *,
    curvature: Curvature | None = _EXACT,
    attention: str = "sdpa",
    dtype: torch.dtype = torch.float64,
    packed: bool = True,
    pooling: Pooling = "mean",
) -> TransformerLearner:
    """Return a learner over a two-layer BERT (hidden size 16), the same one at each call."""
    config = transformers.BertConfig(
        vocab_size=_WORDS,
        hidden_size=_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=16,
        initializer_range=0.2,
    )
    with seeded(7, torch.device("cpu")):
        module: Any = transformers.AutoModel.from_config(config, attn_implementation=attention)
    if pooling != "pooler":
        module.pooler = None
    encoder = Encoder(
        module=module.to(dtype),
        pooling=pooling,
        width=_WIDTH,
        head_dropout=0.1,
        head_std=0.2,
        takes_token_types=True,
    )
    return TransformerLearner(
        encoder, TINY_HEADS, torch.device("cpu"), curvature=curvature, packed=packed
    )


def tiny_batch(task: str, stream: Stream, *, rows: int = 4, dropout: bool = True) -> Batch:
    """Return random examples of 4 to 8 tokens; equal streams give equal examples and masks."""
    draw = stream.child("rows").numpy()
    columns = np.arange(_ROW)[None, :]
    mask = columns < draw.integers(4, _ROW + 1, size=rows)[:, None]
    ids = np.where(mask, draw.integers(1, _WORDS, size=(rows, _ROW)), 0)
    head = TINY_HEADS[task]
    if head.regression:
        labels = torch.from_numpy(draw.random(rows) * 5).float()
    else:
        labels = torch.from_numpy(draw.integers(0, head.outputs, size=rows))
    return Batch(
        task=task,
        input_ids=torch.from_numpy(ids),
        attention_mask=torch.from_numpy(mask),
        token_type_ids=torch.from_numpy((columns >= _ROW // 2) * mask * 1),
        labels=labels,
        dropout_seed=stream.child("dropout").seed if dropout else None,
    )


def tiny_episode(
    task: str, stream: Stream, *, support: int, query: int, dropout: bool = True
) -> Episode:
    """Return an episode of random batches."""
    return Episode(
        task=task,
        support=tuple(
            tiny_batch(task, stream.child("support", i), dropout=dropout) for i in range(support)
        ),
        query=tuple(
            tiny_batch(task, stream.child("query", i), dropout=dropout) for i in range(query)
        ),
        step=0,
        total_steps=1,
        stream=stream,
    )


@final
@dataclass(frozen=True)
class TinyEpisodes:
    """Random examples keyed by task, visit and place, as an episode source gives them.

    Args:
        shape: support and query batches of an episode.
        stream: determines all examples.
    """

    shape: EpisodeShape
    stream: Stream

    def episode(self, task: str, *, visit: int, step: int, total_steps: int) -> Episode:
        """Return the episode of a task's visit."""
        stream = self.stream.child(task, visit)
        batches = [tiny_batch(task, stream.child(i)) for i in range(self.shape.batches)]
        support, query = batches[: self.shape.support], batches[self.shape.support :]
        again = [
            replace(batch, dropout_seed=stream.child("pass", number, place).seed)
            for number in range(1, self.shape.passes)
            for place, batch in enumerate(support)
        ]
        return Episode(task, (*support, *again), tuple(query), step, total_steps, stream)
