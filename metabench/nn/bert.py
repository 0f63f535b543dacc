"""BERT's encoder as a function of its parameters, on real tokens only.

The same numbers as transformers' ``BertModel`` (a test compares them), without the arithmetic on
padding, which at the lengths of GLUE is a third to a half of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, final

from torch import Tensor, nn
from torch.nn.functional import (
    embedding,
    gelu,
    layer_norm,
    linear,
    scaled_dot_product_attention,
    softmax,
)

from metabench.nn.keeping import layers_held
from metabench.nn.masks import Masks, dropped

if TYPE_CHECKING:
    from metabench.learning.batch import Batch
    from metabench.nn.packing import Packing

__all__ = ["Bert", "Parameters"]

Parameters: TypeAlias = Mapping[str, Tensor]
"""The encoder's parameters by name, as transformers calls them."""


@final
@dataclass(frozen=True, slots=True)
class Bert:
    """What ``BertModel``'s configuration says.

    Source: Devlin et al. 2019; the layer is post-norm, as in Vaswani et al. 2017.
    """

    layers: int
    heads: int
    width: int
    inner: int
    eps: float
    hidden_dropout: float
    attention_dropout: float
    token_types: bool

    @classmethod
    def of(cls, module: nn.Module, *, token_types: bool) -> Bert | None:
        """Return the facts of a ``BertModel``; None for any other encoder or activation."""
        config: Any = module.config
        if type(module).__name__ != "BertModel" or config.hidden_act != "gelu":
            return None
        if config.is_decoder or getattr(config, "add_cross_attention", False):
            return None
        return cls(
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            width=config.hidden_size,
            inner=config.intermediate_size,
            eps=config.layer_norm_eps,
            hidden_dropout=config.hidden_dropout_prob,
            attention_dropout=config.attention_probs_dropout_prob,
            token_types=token_types,
        )

    @property
    def scale(self) -> float:
        """What the products of queries and keys are multiplied by."""
        return 1 / math.sqrt(self.width // self.heads)

    @property
    def sites(self) -> int:
        """Sites of dropout in the encoder; a head's is the next."""
        return 3 * self.layers + 1

    def bytes_kept(self, *, tokens: int, rows: int, width: int, size: int, firsts: bool) -> float:
        """Return about how much a forward pass leaves for its derivatives.

        Args:
            tokens: real tokens.
            rows: rows of the batch.
            width: its columns.
            size: bytes of a number.
            firsts: whether of the last layer only the first tokens' states are computed.
        """
        heads = 3 * rows * width * self.width + rows * self.heads * width * width
        layers = layers_held(self.layers, firsts=firsts)
        return layers * size * (tokens * (4 * self.width + self.inner) + heads)

    def states(
        self,
        p: Parameters,
        batch: Batch,
        *,
        packing: Packing,
        masks: Masks,
        fused: bool,
        firsts: bool,
    ) -> Tensor:
        """Return the last layer's states of the real tokens, [tokens, width].

        Args:
            p: the parameters.
            batch: the rows.
            packing: where their real tokens lie.
            masks: what is dropped.
            fused: whether attention may use a fused kernel, which has no second derivative and,
                with dropout, draws masks of its own from the global generator.
            firsts: return those of each row's first token alone, [rows, width]; what nobody reads
                of the last layer is not computed then.
        """
        forward = _Forward(self, p, packing, masks, fused)
        x = forward.norm("embeddings.LayerNorm", self.embedded(p, batch, packing))
        x = forward.dropped(x, 0)
        for number in range(self.layers):
            x = forward.layer(number, x, firsts=firsts and number == self.layers - 1)
        return x

    def embedded(self, p: Parameters, batch: Batch, packing: Packing) -> Tensor:
        """Return the sum of the three embeddings of each real token, before its norm."""
        words = embedding(packing.gather(batch.input_ids), p["embeddings.word_embeddings.weight"])
        places = embedding(packing.columns, p["embeddings.position_embeddings.weight"])
        types = p["embeddings.token_type_embeddings.weight"]
        if self.token_types:
            return words + embedding(packing.gather(batch.token_type_ids), types) + places
        return words + types[0] + places

    def split(self, values: Tensor, packing: Packing) -> Tensor:
        """Return [tokens, width] as [rows, heads, columns, width of a head]."""
        spread = packing.spread(values)
        return spread.view(packing.rows, packing.width, self.heads, -1).transpose(1, 2)

    def merge(self, values: Tensor, packing: Packing) -> Tensor:
        """Undo ``split``."""
        return packing.gather(values.transpose(1, 2).flatten(2))


@final
@dataclass(frozen=True, slots=True)
class _Forward:
    bert: Bert
    p: Parameters
    packing: Packing
    masks: Masks
    fused: bool

    def layer(self, number: int, x: Tensor, *, firsts: bool) -> Tensor:
        """Return the output of a layer, [tokens, width] like its input, or of the first tokens."""
        name, site = f"encoder.layer.{number}", 3 * number + 1
        packing = self.packing
        own, asking = (
            (x.index_select(0, packing.firsts), packing.single) if firsts else (x, packing)
        )
        query, key, value = (
            self.bert.split(self.linear(f"{name}.attention.self.{part}", states), places)
            for part, states, places in (
                ("query", own, asking),
                ("key", x, packing),
                ("value", x, packing),
            )
        )
        context = self.bert.merge(self.attention(query, key, value, site), asking)
        out = self.dropped(self.linear(f"{name}.attention.output.dense", context), site + 1)
        attended = self.norm(f"{name}.attention.output.LayerNorm", out + own)
        inner = gelu(self.linear(f"{name}.intermediate.dense", attended))
        out = self.dropped(self.linear(f"{name}.output.dense", inner), site + 2)
        return self.norm(f"{name}.output.LayerNorm", out + attended)

    def attention(self, query: Tensor, key: Tensor, value: Tensor, site: int) -> Tensor:
        """Return the contexts, [rows, heads, columns, width of a head] like the queries."""
        rate = self.bert.attention_dropout if self.masks.seed is not None else 0.0
        attended, scale = self.packing.attended, self.bert.scale
        if self.fused and (not rate or query.is_cuda):
            return scaled_dot_product_attention(
                query, key, value, attn_mask=attended, dropout_p=rate, scale=scale
            )
        scores = query @ key.transpose(-1, -2) * scale
        if attended is not None:
            scores = scores.masked_fill(~attended, float("-inf"))
        weights = softmax(scores, dim=-1)
        return dropped(weights, self.masks.draw(site, weights.shape, rate=rate)) @ value

    def dropped(self, values: Tensor, site: int) -> Tensor:
        """Return the values after dropout."""
        rate = self.bert.hidden_dropout
        return dropped(values, self.masks.draw(site, values.shape, rate=rate))

    def norm(self, name: str, x: Tensor) -> Tensor:
        """Return the normalised states."""
        weight, bias = self.p[f"{name}.weight"], self.p[f"{name}.bias"]
        return layer_norm(x, (self.bert.width,), weight, bias, self.bert.eps)

    def linear(self, name: str, x: Tensor) -> Tensor:
        """Return the states through a linear layer."""
        return linear(x, self.p[f"{name}.weight"], self.p[f"{name}.bias"])
