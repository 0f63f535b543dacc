"""The flat-vector learner: a transformers encoder and its heads as functions of one vector."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from metabench.nn.bert import Bert
from metabench.nn.curvature import Curvature, step_size
from metabench.nn.encoder import Encoder
from metabench.nn.encoding import BertBody, Body, ModuleBody
from metabench.nn.layout import Layout, Place
from metabench.nn.open_passes import OpenPasses
from metabench.nn.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    BERT is computed by `metabench.nn.bert`, on real tokens only; any other encoder by its module.

    Args:
        encoder: the encoder; its module is moved to ``device`` and used as a function, its own
            parameters are only the place that shapes and buffers come from.
        heads: the tasks' heads, in the order in which they lie in theta.
        device: where everything is.
        autocast: bf16 autocast around forward passes of first order.
        curvature: how Hessian-vector products are made; None where none will be asked for.
            Gradients beside exact products share their kernels and dropout masks (ADR 0007).
        packed: whether `metabench.nn.bert` may be used.
        part: where each parameter lies in theta, where that is not the encoder and all heads.
    """

    encoder: Encoder
    heads: Mapping[str, HeadShape]
    device: torch.device
    autocast: bool = False
    curvature: Curvature | None = None
    packed: bool = True
    part: Layout | None = None
    losses: list[Tensor] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    layout: Layout = field(init=False)
    bert: Bert | None = field(init=False)
    body: Body = field(init=False)
    passes: OpenPasses = field(init=False)

    def __post_init__(self) -> None:
        """Move the module first, then lay out its parameters."""
        module = self.encoder.module.to(self.device).requires_grad_(requires_grad=False)
        if any(getattr(part, "gradient_checkpointing", False) for part in module.modules()):
            raise RuntimeError("gradient checkpointing makes functional calls silently wrong")
        outputs = {task: head.outputs for task, head in self.heads.items()}
        layout = self.part or Layout.of(module, width=self.encoder.width, outputs=outputs)
        types = self.encoder.takes_token_types
        bert = Bert.of(module, token_types=types) if self.packed else None
        how = (self.encoder, self.device, self.autocast and not self._exact, not self._exact)
        body = ModuleBody(*how) if bert is None else BertBody(bert, *how)
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "bert", bert)
        object.__setattr__(self, "body", body)
        object.__setattr__(self, "passes", OpenPasses(self.encoder, self.device, self.curvature))

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
        with self.body.forward(batch):
            return self.body.features(_named(_views(theta, self.layout.encoder)), batch)

    def outputs(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, "batch outputs"]:
        """Return the head's outputs: logits, or [batch, 1] numbers for regression."""
        with self.body.forward(batch):
            return self._outputs(_views(theta, self.layout.places(batch.task)), batch)

    def loss(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, ""]:
        """Return the mean loss of the batch, differentiable in theta."""
        with self.body.forward(batch):
            return self._loss(_views(theta, self.layout.places(batch.task)), batch)

    def gradient(
        self, theta: Float[Tensor, " P"], batch: Batch, span: slice | None = None
    ) -> Float[Tensor, " P"]:
        """Return the gradient of the loss, zero outside ``span``; note the loss in ``losses``."""
        self.tally.gradient(batch)
        if self._exact and self.bert is not None:
            loss, gradient = self._by_passes(self.bert, theta, batch)
            gradient = gradient if span is None else _only(gradient, span)
        else:
            loss, gradient = self._by_autograd(theta, batch, span)
        self.losses.append(loss)
        self.passes.note_gradient(theta, batch, gradient)
        return gradient

    def hvp(
        self, theta: Float[Tensor, " P"], batch: Batch, vector: Float[Tensor, " P"]
    ) -> Float[Tensor, " P"]:
        r"""Return :math:`\nabla^2 L(\theta)\, v`, as ``curvature`` says.

        Raises:
            RuntimeError: the learner was made for first-order methods.
        """
        if self.curvature is None:
            raise RuntimeError("hvp on a learner made for first-order methods")
        if self.curvature.way != "exact":
            return self._difference(theta, batch, vector)
        self.tally.hvp(batch)
        if self.bert is None:
            return self._double_backward(theta, batch, vector)
        places = self.layout.places(batch.task)
        product = torch.zeros_like(theta)
        model = self.passes.take(theta, batch)
        if model is None:
            p = _named(_slices(theta, places))
            model = self.passes.model(self.bert, p, batch, head=self.heads[batch.task].regression)
        model.product(_named(_slices(vector, places)), _named(_slices(product, places)))
        return product

    def drain_losses(self) -> list[Tensor]:
        """Return the losses of the gradients since the last call, in order, and forget them."""
        losses = list(self.losses)
        self.losses.clear()
        return losses

    # -- inside ------------------------------------------------------------------------------

    @property
    def _exact(self) -> bool:
        return self.curvature is not None and self.curvature.way == "exact"

    def _outputs(self, leaves: Mapping[Place, Tensor], batch: Batch) -> Tensor:
        parameters = {place.name: leaves[place] for place in self.layout.encoder}
        features = self.body.features(parameters, batch)
        weight, bias = self.layout.heads[batch.task]
        return nn.functional.linear(
            self.body.dropped(features, batch), leaves[weight], leaves[bias]
        )

    def _loss(self, leaves: Mapping[Place, Tensor], batch: Batch) -> Tensor:
        outputs = self._outputs(leaves, batch)
        outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
        if self.heads[batch.task].regression:
            return nn.functional.mse_loss(outputs.squeeze(-1), batch.labels.to(outputs.dtype))
        return nn.functional.cross_entropy(outputs, batch.labels)

    def _by_autograd(
        self, theta: Tensor, batch: Batch, span: slice | None
    ) -> tuple[Tensor, Tensor]:
        places = self.layout.places(batch.task)
        inside = range(theta.numel())[span or slice(None)]
        wanted = [place for place in places if place.start in inside and place.stop - 1 in inside]
        leaves = _leaves(theta, places, wanted)
        with self.body.forward(batch):
            loss = self._loss(leaves, batch)
        inputs = {place: leaves[place] for place in wanted}
        gradient = _zeros_for(theta, inputs)
        loss.backward(inputs=list(inputs.values()))
        return loss.detach(), gradient

    def _by_passes(self, bert: Bert, theta: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        places = self.layout.places(batch.task)
        gradient = torch.zeros_like(theta)
        model = self.passes.open(
            bert, _named(_slices(theta, places)), batch, head=self.heads[batch.task].regression
        )
        loss = model.forward()
        model.gradient(_named(_slices(gradient, places)))
        self.passes.keep(theta, batch, model)
        return loss, gradient

    def _difference(self, theta: Tensor, batch: Batch, vector: Tensor) -> Tensor:
        r"""Return the difference of two gradients over their distance.

        Source: central, :math:`(g(\theta + \varepsilon v) - g(\theta - \varepsilon v)) /
        2 \varepsilon`; forward, the same with :math:`g(\theta)`, which is there already.
        """
        step = step_size(theta, vector)
        self.tally.gradient(batch)
        _, ahead = self._by_autograd(torch.addcmul(theta, vector, step), batch, None)
        behind = self.passes.gradient(theta, batch)
        if behind is not None:
            return ahead.sub_(behind).div_(step)
        self.tally.gradient(batch)
        central = self.curvature is not None and self.curvature.way == "central"
        back = torch.addcmul(theta, vector, step, value=-1) if central else theta
        _, behind = self._by_autograd(back, batch, None)
        return ahead.sub_(behind).div_(2 * step if central else step)

    def _double_backward(self, theta: Tensor, batch: Batch, vector: Tensor) -> Tensor:
        """Return the gradient of the gradient times the vector.

        Source: Pearlmutter 1994, in its reverse-over-reverse form.
        """
        places = self.layout.places(batch.task)
        leaves = _leaves(theta, places, places)
        inputs = list(leaves.values())
        with self.body.forward(batch):
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
        second = _zeros_for(theta, leaves)
        product.backward(inputs=inputs)
        return second


def _only(values: Tensor, span: slice) -> Tensor:
    kept = torch.zeros_like(values)
    kept[span] = values[span]
    return kept


def _named(values: Mapping[Place, Tensor]) -> dict[str, Tensor]:
    return {place.name: value for place, value in values.items()}


def _slices(theta: Tensor, places: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta, outside of any graph."""
    flat = theta.detach()
    return {place: flat[place.span].view(place.shape) for place in places}


def _views(theta: Tensor, places: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta; one split, so that their backward is one concatenation."""
    edges = [0, *(edge for place in places for edge in (place.start, place.stop)), theta.numel()]
    sizes = [stop - start for start, stop in pairwise(edges)]
    parts = theta.split(sizes)[1::2]
    return {place: part.view(place.shape) for place, part in zip(places, parts, strict=False)}


def _leaves(theta: Tensor, places: Sequence[Place], wanted: Sequence[Place]) -> dict[Place, Tensor]:
    """Return shaped views of theta that start a graph each where a gradient is wanted."""
    leaves = _slices(theta, places)
    for place in wanted:
        leaves[place].requires_grad_()
    return leaves


def _zeros_for(theta: Tensor, leaves: Mapping[Place, Tensor]) -> Tensor:
    """Return zeros like theta, to whose places a backward pass adds the leaves' gradients."""
    flat = torch.zeros_like(theta)
    for place, leaf in leaves.items():
        leaf.grad = flat[place.span].view(place.shape)
    return flat
