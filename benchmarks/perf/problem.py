"""The problem that all variants solve: one encoder, one head, equal rows, in every process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, final

import numpy as np
import numpy.typing as npt
import torch
import transformers
from torch import Tensor, nn
from typing_extensions import override

from metabench.learning import Batch, Episode
from metabench.nn.encoder import Encoder
from metabench.nn.features import pool
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.nn.seeded import seeded
from metabench.seeding import Stream
from perf.lengths import row_lengths

if TYPE_CHECKING:
    from metabench.nn.bert.compiled import CompiledLayer
    from metabench.nn.curvature import Curvature
    from perf.job import Shape

__all__ = ["CLASSES", "TASK", "Classifier", "classifier", "encoder", "episode", "learner", "short"]

TASK = "random"
CLASSES = 3
_SPECIAL = 1000  # ids below are not words
_STREAM = Stream.root(0).child("perf")


def encoder(shape: Shape, *, attention: str = "sdpa") -> Encoder:
    """Return the encoder of a shape; the same numbers at every call."""
    config = transformers.BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
        max_position_embeddings=max(512, shape.length),
        initializer_range=shape.initializer_range,
        use_cache=False,
    )
    with seeded(_STREAM.child("encoder").seed, torch.device("cpu")):
        module: Any = transformers.AutoModel.from_config(config, attn_implementation=attention)
    module.pooler = None
    return Encoder(
        module=module.float().eval(),
        pooling=shape.pooling,
        width=shape.width,
        head_dropout=config.hidden_dropout_prob,
        head_std=0.02,
        takes_token_types=True,
    )


def learner(
    shape: Shape,
    device: torch.device,
    *,
    curvature: Curvature | None = None,
    autocast: bool = False,
    compiled: bool = False,
) -> TransformerLearner:
    """Return our learner over the encoder and the one head."""
    heads = {TASK: HeadShape(CLASSES, regression=False)}
    return TransformerLearner(
        encoder(shape),
        heads,
        device,
        autocast=autocast,
        curvature=curvature,
        compiled=_layers() if compiled else None,
    )


@cache
def _layers() -> CompiledLayer:
    """Return what compiles layers, one for all learners of a process."""
    from metabench.nn.bert.compiled import CompiledLayer  # noqa: PLC0415  (torch's compiler loads here)

    return CompiledLayer()


def require_compiled(own: TransformerLearner) -> None:
    """Make sure that layers are compiled where they were to be: plain ones have another name.

    Raises:
        RuntimeError: they could not be.
    """
    if own.compiled is not None and not own.compiled.holds:
        raise RuntimeError(f"layers were not compiled: {own.compiled.failure}")


def theta(own: TransformerLearner) -> Tensor:
    """Return [P]: the encoder and the head that `classifier` has as well."""
    return own.theta(_STREAM).to(own.device)


@final
class Classifier(nn.Module):
    """The encoder, the first token or the mean over the real ones, dropout, one linear layer."""

    def __init__(self, body: Encoder) -> None:
        super().__init__()
        self.encoder = body.module
        self.pooling = body.pooling
        self.dropout = nn.Dropout(body.head_dropout)
        self.classifier = nn.Linear(body.width, CLASSES)

    @override
    def forward(self, input_ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        states = self.encoder(
            input_ids=input_ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        logits: Tensor = self.classifier(self.dropout(pool(states, mask, self.pooling)))
        return logits


def classifier(shape: Shape, device: torch.device, *, attention: str) -> Classifier:
    """Return the same function as `learner`'s, as the module that a peer is given."""
    own = learner(shape, torch.device("cpu"))
    weight, bias = (theta(own)[p.span].view(p.shape) for p in own.layout.heads[TASK])
    body = encoder(shape, attention=attention)
    body.module.pooler = nn.Identity()  # learn2learn and higher cannot do with None
    model = Classifier(body)
    with torch.no_grad():
        model.classifier.weight.copy_(weight)
        model.classifier.bias.copy_(bias)
    return model.train(shape.dropout).to(device)


def episode(shape: Shape, device: torch.device, number: int = 0) -> Episode:
    """Return k support batches and a query batch of random rows."""
    stream = _STREAM.child("episode", number)
    batches = [_batch(shape, stream.child("batch", i), device) for i in range(shape.steps + 1)]
    words = torch.cat([batch.input_ids.flatten() for batch in batches]).unique()
    return Episode(TASK, tuple(batches[:-1]), (batches[-1],), number, 1, stream, words)


def short(whole: Episode) -> Episode:
    """Return an episode of one inner step, to warm up on."""
    return replace(whole, support=whole.support[:1])


def _batch(shape: Shape, stream: Stream, device: torch.device) -> Batch:
    draw = stream.numpy()
    lengths = np.full(shape.batch, shape.length)
    if shape.ragged:
        lengths = row_lengths(shape.batch, longest=shape.length, stream=stream.child("lengths"))
    width = min(-(-int(lengths.max()) // 8) * 8, shape.length)
    mask = np.arange(width) < lengths[:, None]
    low = min(_SPECIAL, shape.vocabulary // 2)
    ids = np.where(mask, low + _words(shape.vocabulary - low, draw.random(mask.shape)), 0)
    labels = draw.integers(0, CLASSES, size=shape.batch)
    return Batch(
        task=TASK,
        input_ids=torch.from_numpy(ids).to(device),
        attention_mask=torch.from_numpy(mask).to(device),
        token_type_ids=torch.zeros(mask.shape, dtype=torch.int64, device=device),
        labels=torch.from_numpy(labels).to(device),
        dropout_seed=stream.child("dropout").seed if shape.dropout else None,
        tokens=int(lengths.sum()),
    )


def _words(count: int, chances: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return word numbers from 0, as frequent as the words of a text.

    Source: Zipf's law in Mandelbrot's form, frequency ~ 1 / (rank + 2.7); uniform words would touch
    three times as many rows of the embeddings as an episode of RTE does.
    """
    shares = np.cumsum(1 / (np.arange(count) + 1 + 2.7))
    return np.searchsorted(shares / shares[-1], chances).clip(max=count - 1).astype(np.int64)
