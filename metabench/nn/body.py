"""From parameters and examples to features, by transformers' module or by `metabench.nn.bert`."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, final

import torch
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from metabench.nn.bert.layer import layer
from metabench.nn.bert.masks import Masks, dropped
from metabench.nn.bert.packing import Packing
from metabench.nn.features import pool
from metabench.nn.seeded import seeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from metabench.learning.batch import Batch
    from metabench.nn.bert.encoder import Bert, Parameters
    from metabench.nn.bert.layer import LayerFunction
    from metabench.nn.encoder import Encoder

__all__ = ["BertBody", "Body", "ModuleBody"]


class Body(Protocol):
    """The encoder below a head."""

    def features(self, p: Parameters, batch: Batch) -> Tensor:
        """Return the features [rows, width], differentiable; dropout by the batch's seed."""
        ...

    def dropped(self, features: Tensor, batch: Batch) -> Tensor:
        """Return the features after the head's dropout."""
        ...

    @contextmanager
    def forward(self, batch: Batch) -> Iterator[None]:
        """Fix the state that a forward pass of a batch depends on."""
        ...


@final
@dataclass(frozen=True, slots=True)
class BertBody:
    """BERT on real tokens only.

    Args:
        bert: its configuration.
        encoder: pooling and the head's dropout.
        device: where everything is.
        autocast: bf16 autocast around forward passes.
        fused: whether attention may use a fused kernel, which has no second derivative.
        run: the function that computes a layer.
    """

    bert: Bert
    encoder: Encoder
    device: torch.device
    autocast: bool
    fused: bool
    run: LayerFunction = layer

    def features(self, p: Parameters, batch: Batch) -> Tensor:
        """Return the features [rows, width], differentiable; dropout by the batch's seed."""
        p = self.bert.family.renamed(p, self.bert.layers)
        packing = Packing.of(batch, last=self.encoder.pooling == "last")
        states = self.bert.states(
            p,
            batch,
            packing=packing,
            fused=self.fused,
            cls_only=self.encoder.cls_only,
            run=self.run,
        )
        if self.encoder.pooling == "mean":
            return packing.mean(states)
        if self.encoder.pooling != "pooler":
            return states
        return torch.nn.functional.linear(
            states, p["pooler.dense.weight"], p["pooler.dense.bias"]
        ).tanh()

    def dropped(self, features: Tensor, batch: Batch) -> Tensor:
        """Return the features after the head's dropout."""
        rate = self.encoder.head_dropout
        masks = Masks(batch.dropout_seed, self.device)
        return dropped(features, masks.draw(self.bert.sites, features.shape, rate=rate))

    @contextmanager
    def forward(self, batch: Batch) -> Iterator[None]:
        """Fix the state of a forward pass: precision, and a fused kernel's masks."""
        with ExitStack() as stack:
            if self.autocast:
                stack.enter_context(torch.autocast(self.device.type, dtype=torch.bfloat16))
            if self.fused and self.device.type == "cuda":
                stack.enter_context(seeded(batch.dropout_seed, self.device))
            yield


@final
@dataclass(frozen=True, slots=True)
class ModuleBody:
    """Any encoder of transformers, called as a function of its parameters.

    The arguments are those of `BertBody`; where no fused kernel may be used, torch's math kernel
    is, and with it its masks (ADR 0007).
    """

    encoder: Encoder
    device: torch.device
    autocast: bool
    fused: bool

    def features(self, p: Parameters, batch: Batch) -> Tensor:
        """Return the features [rows, width], differentiable; dropout by the batch's seed."""
        mask = batch.attention_mask
        arguments = {"input_ids": batch.input_ids, "attention_mask": mask.long()}
        if self.encoder.takes_token_types:
            arguments["token_type_ids"] = batch.token_type_ids
        result = functional_call(self.encoder.module, dict(p), (), arguments)
        if self.encoder.pooling == "pooler":
            pooled: Tensor = result.pooler_output
            return pooled
        return pool(result.last_hidden_state, mask.bool(), self.encoder.pooling)

    def dropped(self, features: Tensor, batch: Batch) -> Tensor:
        """Return the features after the head's dropout."""
        return torch.nn.functional.dropout(
            features, self.encoder.head_dropout, training=batch.dropout_seed is not None
        )

    @contextmanager
    def forward(self, batch: Batch) -> Iterator[None]:
        """Fix the state of a forward pass: mode, kernel, precision, dropout masks."""
        training = batch.dropout_seed is not None
        if self.encoder.module.training != training:
            self.encoder.module.train(training)
        with ExitStack() as stack:
            if not self.fused:
                stack.enter_context(sdpa_kernel(SDPBackend.MATH))
            if self.autocast:
                stack.enter_context(torch.autocast(self.device.type, dtype=torch.bfloat16))
            stack.enter_context(seeded(batch.dropout_seed, self.device))
            yield
