"""The flat-vector learner: a transformers encoder and its heads as functions of one vector."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from metabench.nn.bert.encoder import Bert, Parameters
from metabench.nn.body import BertBody, Body, ModuleBody
from metabench.nn.caching import uses_custom_backward
from metabench.nn.counter import EvaluationCounter
from metabench.nn.curvature import Curvature, step_size
from metabench.nn.double_backward import double_backward
from metabench.nn.encoder import Encoder
from metabench.nn.layout import Layout, Place, accumulate, leaves, named, slices, views
from metabench.nn.passes.open_passes import OpenPasses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metabench.api.algorithm import CurvatureWay
    from metabench.learning.batch import Batch
    from metabench.nn.bert.compiled import CompiledLayer
    from metabench.nn.passes.batch import BatchPasses
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
    """The `metabench.learning.Learner` of any transformers encoder.

    A head is dropout and one linear layer over the features, as in transformers'
    ``AutoModelForSequenceClassification``; its loss is cross-entropy or mean squared error.
    BERT and its family are computed by `metabench.nn.bert`, on real tokens only; any other encoder
    by its module.

    Args:
        encoder: the encoder; its module is moved to ``device`` and used as a function; its
            parameters only define shapes and buffers.
        heads: the tasks' heads, in their order in theta.
        device: where everything is.
        autocast: bf16 autocast around forward passes of first-order gradients.
        curvature: the HVP method; None without Hessian-vector products. Gradients next to exact
            products share their kernels and dropout masks (ADR 0007).
        packed: whether `metabench.nn.bert.encoder` may be used.
        part: the layout of theta where it is not the encoder and all heads.
        compiled: the compiled layer of gradients by autograd; None: eager layers.
        frozen: the encoder's parameters that are not trained, by name; they are not in theta.
    """

    encoder: Encoder
    heads: Mapping[str, HeadShape]
    device: torch.device
    autocast: bool = False
    curvature: Curvature | None = None
    packed: bool = True
    part: Layout | None = None
    compiled: CompiledLayer | None = None
    frozen: Parameters = field(default_factory=dict)
    losses: list[Tensor] = field(default_factory=list)
    counter: EvaluationCounter = field(default_factory=EvaluationCounter)
    layout: Layout = field(init=False)
    bert: Bert | None = field(init=False)
    body: Body = field(init=False)
    passes: OpenPasses = field(init=False)

    def __post_init__(self) -> None:
        """Move the module, then lay out its parameters."""
        module = self.encoder.module.to(self.device).requires_grad_(requires_grad=False)
        if any(getattr(part, "gradient_checkpointing", False) for part in module.modules()):
            raise RuntimeError("gradient checkpointing makes functional calls silently wrong")
        outputs = {task: head.outputs for task, head in self.heads.items()}
        layout = self.part or Layout.of(
            module, width=self.encoder.width, outputs=outputs, frozen=self.frozen
        )
        types = self.encoder.takes_token_types
        bert = Bert.of(module, token_types=types) if self.packed else None
        if bert is not None and self.frozen:
            bert = bert.training([place.name for place in layout.encoder])
        frozen = {name: value.detach().to(self.device) for name, value in self.frozen.items()}
        object.__setattr__(self, "frozen", frozen)
        how = (self.encoder, self.device, self.autocast and not self._exact, not self._exact)
        body = ModuleBody(*how) if bert is None else BertBody(bert, *how)
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "bert", bert)
        object.__setattr__(self, "body", body)
        object.__setattr__(self, "passes", OpenPasses(self.encoder, self.device, self.curvature))

    # -- theta -------------------------------------------------------------------------------

    def theta(self, stream: Stream) -> Float[Tensor, " P"]:
        """Return the encoder's parameters and new heads, each seeded by its task's name."""
        known = dict(self.encoder.module.named_parameters())
        parameters = [known[place.name].reshape(-1) for place in self.layout.encoder]
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
        """Return the features below the heads' dropout; differentiable in theta."""
        with self.body.forward(batch):
            found = self.body.features(self._whole(views(theta, self.layout.encoder)), batch)
        return found if self.layout.encoder else found + 0 * theta[0]  # or autograd knows no theta

    def outputs(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, "batch outputs"]:
        """Return the head's outputs: logits, or [batch, 1] numbers for regression."""
        with self.body.forward(batch):
            return self._outputs(views(theta, self.layout.places(batch.task)), batch)

    def loss(self, theta: Float[Tensor, " P"], batch: Batch) -> Float[Tensor, ""]:
        """Return the mean loss of the batch, differentiable in theta."""
        with self.body.forward(batch):
            return self._loss(views(theta, self.layout.places(batch.task)), batch)

    def gradient(
        self, theta: Float[Tensor, " P"], batch: Batch, span: slice | None = None
    ) -> Float[Tensor, " P"]:
        """Return the gradient of the loss, zero outside ``span``; note the loss in ``losses``."""
        self.counter.gradient(batch)
        gradient = torch.zeros_like(theta)
        self.losses.append(self._add_gradient(gradient, theta, batch, span))
        if span is None:  # of a part, no difference can be taken
            layout = self.layout if self.bert else None
            self.passes.note_gradient(theta, batch, gradient, layout=layout)
        return gradient

    def hvp(
        self, theta: Float[Tensor, " P"], batch: Batch, vector: Float[Tensor, " P"]
    ) -> Float[Tensor, " P"]:
        r"""Return :math:`\nabla^2 L(\theta)\, v`, by the method of ``curvature``.

        Raises:
            RuntimeError: the learner was made for first-order methods.
        """
        if self.curvature is None:
            raise RuntimeError("hvp on a learner made for first-order methods")
        if self.curvature.way != "exact":
            return self._difference(self.curvature.way, theta, batch, vector)
        self.counter.hvp(batch)
        if self.bert is None:
            return self._double_backward(theta, batch, vector)
        passes = self.passes.take(theta, batch)
        if passes is None:
            passes = self._open(self.bert, theta, batch, product=True)
        product = torch.zeros_like(theta)
        along, to = (self._parts(self.bert, each, batch) for each in (vector, product))
        passes.product(along, to)
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

    @property
    def _by_passes(self) -> bool:
        """Whether gradients are those of the passes that exact products are made of."""
        way = self.curvature.way if self.curvature else None
        return self.bert is not None and uses_custom_backward(
            way, self.device.type, autocast=self.autocast
        )

    def _outputs(
        self, values: Mapping[Place, Tensor], batch: Batch, *, once: bool = False
    ) -> Tensor:
        """Return the outputs; with ``once``, to be differentiated once, by all of the values."""
        parameters = self._whole({place: values[place] for place in self.layout.encoder})
        body = self.body
        if once and self.compiled is not None and isinstance(body, BertBody):
            body = replace(body, run=self.compiled)
        features = body.features(parameters, batch)
        weight, bias = self.layout.heads[batch.task]
        return nn.functional.linear(
            self.body.dropped(features, batch), values[weight], values[bias]
        )

    def _loss(self, values: Mapping[Place, Tensor], batch: Batch, *, once: bool = False) -> Tensor:
        outputs = self._outputs(values, batch, once=once)
        outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
        if self.heads[batch.task].regression:
            return nn.functional.mse_loss(outputs.squeeze(-1), batch.labels.to(outputs.dtype))
        return nn.functional.cross_entropy(outputs, batch.labels)

    def _add_gradient(
        self, flat: Tensor, theta: Tensor, batch: Batch, span: slice | None = None
    ) -> Tensor:
        """Add the gradient of the loss to ``flat``, inside of ``span``; return the loss."""
        if self.bert is None or not self._by_passes:
            return self._add_by_autograd(flat, theta, batch, span)
        whole = flat if span is None else torch.zeros_like(flat)
        passes = self._open(self.bert, theta, batch)
        loss = passes.gradient(self._parts(self.bert, whole, batch))
        self.passes.keep(theta, batch, passes)
        if span is not None:
            flat[span] += whole[span]
        return loss

    def _add_by_autograd(
        self, flat: Tensor, theta: Tensor, batch: Batch, span: slice | None
    ) -> Tensor:
        places = self.layout.places(batch.task)
        inside = range(theta.numel())[span or slice(None)]
        wanted = [place for place in places if place.start in inside and place.stop - 1 in inside]
        parts = leaves(theta, places, wanted)
        with self.body.forward(batch):
            loss = self._loss(parts, batch, once=not self.frozen and len(wanted) == len(places))
        inputs = {place: parts[place] for place in wanted}
        accumulate(flat, inputs)
        if inputs:  # none of a span of parameters that are frozen
            loss.backward(inputs=list(inputs.values()))
        return loss.detach()

    def _open(
        self, bert: Bert, theta: Tensor, batch: Batch, *, product: bool = False
    ) -> BatchPasses:
        regression = self.heads[batch.task].regression
        p = self._parts(bert, theta, batch, frozen=self.frozen)
        return self.passes.open(bert, p, batch, regression=regression, product=product)

    def _whole(self, values: Mapping[Place, Tensor]) -> Parameters:
        """Return all of the encoder's parameters, the trained ones from these places."""
        return {**self.frozen, **named(values)}

    def _parts(
        self, bert: Bert, theta: Tensor, batch: Batch, *, frozen: Parameters | None = None
    ) -> dict[str, Tensor]:
        """Return the encoder's and the head's part of a vector like theta, by BERT's names."""
        parts = {**(frozen or {}), **named(slices(theta, self.layout.places(batch.task)))}
        return dict(bert.family.renamed(parts, bert.layers))

    def _difference(self, way: CurvatureWay, theta: Tensor, batch: Batch, vector: Tensor) -> Tensor:
        r"""Return the difference of two gradients over their distance; of no distance, zero.

        Source: central, :math:`(g(\theta + \varepsilon v) - g(\theta - \varepsilon v)) /
        2 \varepsilon`; forward, :math:`(g(\theta \pm \varepsilon v) - g(\theta)) /
        \pm \varepsilon`, where the latter gradient is already computed.
        """
        step = step_size(way, theta, vector)
        apart = torch.where(step > 0, step, torch.inf)
        if way == "central":
            point = torch.addcmul(theta, vector, step, value=-1)
            behind = self._add_at(point, batch, torch.zeros_like(theta))
            torch.addcmul(theta, vector, step, out=point)
            return self._add_at(point, batch, behind.neg_()).div_(2 * apart)
        side = self.passes.side(batch)
        held = self.passes.gradient(theta, batch)
        here = self._add_at(theta, batch, torch.zeros_like(theta)) if held is None else held
        point = torch.addcmul(theta, vector, side * step)
        return self._add_at(point, batch, here.neg_()).div_(side * apart)

    def _add_at(self, theta: Tensor, batch: Batch, to: Tensor) -> Tensor:
        """Return a vector with the gradient added in place; only the counter notes it."""
        self.counter.gradient(batch)
        self._add_gradient(to, theta, batch)
        return to

    def _double_backward(self, theta: Tensor, batch: Batch, vector: Tensor) -> Tensor:
        places = self.layout.places(batch.task)
        parts = leaves(theta, places, places)
        with self.body.forward(batch):
            return double_backward(self._loss(parts, batch), parts, vector)
