"""What the support gradients of an episode leave for the Hessian-vector products that follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from metabench.nn.bert_model import BertModel, Head
from metabench.nn.curvature import Curvature, free_memory
from metabench.nn.keeping import most_that_fits
from metabench.nn.masks import Masks
from metabench.nn.packing import Packing

if TYPE_CHECKING:
    from collections.abc import Collection

    import torch
    from torch import Tensor

    from metabench.learning.batch import Batch
    from metabench.nn.bert import Bert, Parameters
    from metabench.nn.encoder import Encoder
    from metabench.nn.keeping import Kept

__all__ = ["OpenPasses"]


@final
@dataclass
class OpenPasses:
    """Passes that are held open, by batch; each is good for one theta and used up by one product.

    Args:
        encoder: pooling and dropout of the heads.
        device: where everything is.
        curvature: what may be kept; None: nothing.
    """

    encoder: Encoder
    device: torch.device
    curvature: Curvature | None
    _expected: frozenset[int] = frozenset()
    _models: dict[int, tuple[Tensor, BertModel]] = field(default_factory=dict)
    _gradients: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)
    _room: float = 0.0

    def expect(self, batches: Collection[Batch]) -> None:
        """Begin an episode: products will be asked for on these batches and no others."""
        self._models.clear()
        self._gradients.clear()
        self._expected = frozenset(map(id, batches)) if self.curvature else frozenset()
        if self._expected and self.curvature and self.curvature.way == "exact":
            memory = self.curvature.memory
            self._room = float(free_memory(self.device) if memory is None else memory)

    def model(self, bert: Bert, p: Parameters, batch: Batch, *, head: bool) -> BertModel:
        """Return a model for one product, which keeps as little as may be."""
        lean = self.curvature is not None and self.curvature.keep == "lean"
        model = self._model(bert, p, batch, kept="outputs" if lean else "forward", head=head)
        if not lean:
            model.forward()
        return model

    def open(self, bert: Bert, p: Parameters, batch: Batch, *, head: bool) -> BertModel:
        """Return a model for a gradient and, where one is expected, for the product after it."""
        return self._model(bert, p, batch, kept=self._kept(bert, batch), head=head)

    def keep(self, theta: Tensor, batch: Batch, model: BertModel) -> None:
        """Hold a model whose gradient is done, for its product."""
        if id(batch) in self._expected and model.kept != "outputs":
            self._models[id(batch)] = (theta, model)

    def take(self, theta: Tensor, batch: Batch) -> BertModel | None:
        """Return and let go of the model that was held for a batch at this very theta."""
        held = self._models.pop(id(batch), None)
        return held[1] if held is not None and held[0] is theta else None

    def note_gradient(self, theta: Tensor, batch: Batch, gradient: Tensor) -> None:
        """Hold a gradient, where a forward difference will ask for it."""
        forward = self.curvature is not None and self.curvature.way == "forward"
        if forward and id(batch) in self._expected:
            self._gradients[id(batch)] = (theta, gradient)

    def gradient(self, theta: Tensor, batch: Batch) -> Tensor | None:
        """Return the gradient that is held for a batch at this very theta."""
        held = self._gradients.pop(id(batch), None)
        return held[1] if held is not None and held[0] is theta else None

    def _kept(self, bert: Bert, batch: Batch) -> Kept:
        keep = "lean" if self.curvature is None else self.curvature.keep
        if keep == "lean":
            return "outputs"
        if id(batch) not in self._expected:
            return "forward"
        return "backward" if keep == "fast" else self._fitting(bert, batch)

    def _fitting(self, bert: Bert, batch: Batch) -> Kept:
        """Return the most that may be kept of a batch, if the ones to come are like it."""
        rows, width = batch.input_ids.shape
        tokens = rows * width if batch.tokens is None else batch.tokens
        needed = float(bert.bytes_kept(tokens=tokens, rows=rows, width=width, size=4))
        passes = len(self._expected) - len(self._models)
        kept, self._room = most_that_fits(needed, room=self._room, passes=passes)
        return kept

    def _model(
        self, bert: Bert, p: Parameters, batch: Batch, *, kept: Kept, head: bool
    ) -> BertModel:
        return BertModel(
            bert,
            p,
            batch,
            head=Head(
                batch.task,
                self.encoder.pooling,
                self.encoder.head_dropout,
                regression=head,
                site=bert.sites,
            ),
            packing=Packing.of(batch),
            masks=Masks(batch.dropout_seed, self.device),
            kept=kept,
        )
