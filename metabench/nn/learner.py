"""The flat-vector learner: a transformers encoder and its heads as functions of one vector."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from metabench.nn.dropout import seeded
from metabench.nn.encoder import Encoder, pool
from metabench.nn.layout import Layout, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metabench.learning.batch import Batch
    from metabench.seeding import Stream

__all__ = ["HeadShape", "TransformerLearner"]


@final
@dataclass(frozen=True, slots=True)
class HeadShape:
    """A task's head: how many outputs, and whether they are numbers (mean squared error)."""

    outputs: int
    regression: bool


@final
@dataclass(frozen=True)
class TransformerLearner:
    """Implements `metabench.learning.Learner` for any transformers encoder.

    A head is dropout and one linear layer over the features, as in transformers'
    ``AutoModelForSequenceClassification``; its loss is cross-entropy or mean squared error.

    Args:
        encoder: the encoder; its module is moved to ``device`` and used as a function, its own
            parameters are only the place that shapes and buffers come from.
        heads: the tasks' heads, in the order in which they lie in theta.
        device: where everything is.
        autocast: bf16 autocast around forward passes.
        second_order: whether Hessian-vector products will be asked for; gradients and products
            then share the math attention kernel, which alone has a double backward, and with it
            the dropout masks (ADR 0007).
    """

    encoder: Encoder
    heads: Mapping[str, HeadShape]
    device: torch.device
    autocast: bool = False
    second_order: bool = False
    layout: Layout = field(init=False)
    losses: list[Tensor] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Move the module first, then lay out its parameters."""
        module = self.encoder.module.to(self.device).requires_grad_(requires_grad=False)
        layout = Layout.of(
            module.named_parameters(),
            width=self.encoder.width,
            outputs={task: head.outputs for task, head in self.heads.items()},
        )
        object.__setattr__(self, "layout", layout)

    # -- theta -------------------------------------------------------------------------------

    def theta(self, stream: Stream) -> Float[Tensor, " P"]:
        """Return the encoder as it is and fresh heads, each seeded by its task's name."""
        parameters = [value.reshape(-1) for value in self.encoder.module.parameters()]
        heads = [self.fresh_head(task, stream) for task in self.heads]
        return torch.cat([*parameters, *heads])

    def fresh_head(self, task: str, stream: Stream) -> Float[Tensor, " H"]:
        """Return a head as transformers initialises one: normal weights, zero bias."""
        weight, bias = self.layout.heads[task]
        dtype = next(self.encoder.module.parameters()).dtype
        draw = torch.randn(
            weight.stop - weight.start, generator=stream.child("head", task).torch(), dtype=dtype
        )
        values = torch.cat([draw * self.encoder.head_std, torch.zeros(*bias.shape, dtype=dtype)])
        return values.to(self.device)

    def spans(self, task: str | None = None) -> Mapping[str, slice]:
        """Return named slices of theta: ``encoder``, each layer, and the task's ``head``."""
        return self.layout.spans(task)

    # -- the questions -----------------------------------------------------------------------

    def features(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, "batch width"]:
        """Return what the heads see, before the heads' dropout; differentiable in theta."""
        with self._forward(batch):
            return self._features(_views(theta, self.layout.encoder), batch)

    def outputs(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, "batch outputs"]:
        """Return the head's outputs: logits, or [batch, 1] numbers for regression."""
        with self._forward(batch):
            return self._outputs(_views(theta, self.layout.places(batch.task)), batch)

    def loss(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, ""]:
        """Return the mean loss of the batch, differentiable in theta."""
        with self._forward(batch):
            return self._loss(_views(theta, self.layout.places(batch.task)), batch)

    def gradient(
        self, theta: Float[Tensor, " P"], batch: Batch, span: slice | None = None
    ) -> Float[Tensor, " P"]:
        """Return the gradient of the loss, zero outside ``span``; note the loss in ``losses``."""
        places = self.layout.places(batch.task)
        wanted = [place for place in places if span is None or _inside(place, span)]
        leaves = _leaves(theta, places, wanted)
        with self._forward(batch):
            loss = self._loss(leaves, batch)
        self.losses.append(loss.detach())
        inputs = [leaves[place] for place in wanted]
        return _flat(theta, wanted, torch.autograd.grad(loss, inputs, allow_unused=True))

    def hvp(
        self, theta: Float[Tensor, " P"], batch: Batch, vector: Float[Tensor, " P"]
    ) -> Float[Tensor, " P"]:
        r"""Return :math:`\nabla^2 L(\theta)\, v`, the gradient of :math:`\nabla L(\theta) \cdot v`.

        Source: Pearlmutter 1994, in its reverse-over-reverse form.
        """
        if not self.second_order:
            raise RuntimeError("hvp on a learner made for first-order methods")
        places = self.layout.places(batch.task)
        leaves = _leaves(theta, places, places)
        inputs = list(leaves.values())
        with self._forward(batch):
            loss = self._loss(leaves, batch)
        first: Sequence[Tensor | None] = torch.autograd.grad(
            loss, inputs, create_graph=True, allow_unused=True
        )
        pairs = [
            (value, vector[place.span].view(place.shape))
            for place, value in zip(places, first, strict=True)
            if value is not None
        ]
        product = torch.stack([(value * part).sum() for value, part in pairs]).sum()
        return _flat(theta, places, torch.autograd.grad(product, inputs, allow_unused=True))

    def drain_losses(self) -> list[Tensor]:
        """Return the losses of the gradients since the last call, in order, and forget them."""
        losses = list(self.losses)
        self.losses.clear()
        return losses

    # -- inside ------------------------------------------------------------------------------

    @contextmanager
    def _forward(self, batch: Batch) -> Iterator[None]:
        """Hold what a forward pass depends on: mode, kernel, precision, dropout masks."""
        training = batch.dropout_seed is not None
        if self.encoder.module.training != training:
            self.encoder.module.train(training)
        with ExitStack() as stack:
            if self.second_order:
                stack.enter_context(sdpa_kernel(SDPBackend.MATH))
            if self.autocast:
                stack.enter_context(torch.autocast(self.device.type, dtype=torch.bfloat16))
            stack.enter_context(seeded(batch.dropout_seed, self.device))
            yield

    def _features(self, leaves: Mapping[Place, Tensor], batch: Batch) -> Tensor:
        arguments = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
        if self.encoder.takes_token_types:
            arguments["token_type_ids"] = batch.token_type_ids
        parameters = {place.name: leaves[place] for place in self.layout.encoder}
        result = functional_call(self.encoder.module, parameters, (), arguments)
        if self.encoder.pooling == "pooler":
            pooled: Tensor = result.pooler_output
            return pooled
        return pool(result.last_hidden_state, batch.attention_mask, self.encoder.pooling)

    def _outputs(self, leaves: Mapping[Place, Tensor], batch: Batch) -> Tensor:
        features = self._features(leaves, batch)
        dropped = nn.functional.dropout(
            features, self.encoder.head_dropout, training=batch.dropout_seed is not None
        )
        weight, bias = self.layout.heads[batch.task]
        return nn.functional.linear(dropped, leaves[weight], leaves[bias])

    def _loss(self, leaves: Mapping[Place, Tensor], batch: Batch) -> Tensor:
        outputs = self._outputs(leaves, batch)
        outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
        if self.heads[batch.task].regression:
            return nn.functional.mse_loss(outputs.squeeze(-1), batch.labels.to(outputs.dtype))
        return nn.functional.cross_entropy(outputs, batch.labels)


def _inside(place: Place, span: slice) -> bool:
    return bool(span.start <= place.start and place.stop <= span.stop)


def _views(theta: Tensor, places: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta; one split, so that their backward is one concatenation."""
    edges = [0, *(edge for place in places for edge in (place.start, place.stop)), theta.numel()]
    sizes = [stop - start for start, stop in pairwise(edges)]
    parts = theta.split(sizes)[1::2]
    return {place: part.view(place.shape) for place, part in zip(places, parts, strict=False)}


def _leaves(theta: Tensor, places: Sequence[Place], wanted: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta that start a graph each where a gradient is wanted."""
    flat = theta.detach()
    leaves = {place: flat[place.span].view(place.shape) for place in places}
    for place in wanted:
        leaves[place].requires_grad_()
    return leaves


def _flat(
    theta: Tensor, places: Sequence[Place], values: Sequence[Tensor | None]
) -> Float[Tensor, " P"]:
    """Return one vector like theta with the values in their places and zero elsewhere."""
    flat = torch.zeros_like(theta)
    for place, value in zip(places, values, strict=True):
        if value is not None:
            flat[place.span].view(place.shape).copy_(value)
    return flat
