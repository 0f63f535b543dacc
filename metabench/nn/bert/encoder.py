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
from torch.nn.functional import embedding, layer_norm

from metabench.nn.bert.layer import PARAMETERS, Drops, LayerFacts, LayerFunction, Lying, layer
from metabench.nn.bert.masks import Masks, dropped
from metabench.nn.caching import layers_held

if TYPE_CHECKING:
    from metabench.learning.batch import Batch
    from metabench.nn.bert.packing import Packing

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

    def bytes_kept(self, *, tokens: int, rows: int, width: int, size: int, cls_only: bool) -> float:
        """Return about how much a forward pass leaves for its derivatives.

        Args:
            tokens: real tokens.
            rows: rows of the batch.
            width: its columns.
            size: bytes of a number.
            cls_only: whether of the last layer only the first tokens' states are computed.
        """
        heads = 3 * rows * width * self.width + rows * self.heads * width * width
        layers = layers_held(self.layers, cls_only=cls_only)
        return layers * size * (tokens * (4 * self.width + self.inner) + heads)

    def states(
        self,
        p: Parameters,
        batch: Batch,
        *,
        packing: Packing,
        fused: bool,
        cls_only: bool,
        run: LayerFunction = layer,
    ) -> Tensor:
        """Return the last layer's states of the real tokens, [tokens, width].

        Args:
            p: the parameters.
            batch: the rows.
            packing: where their real tokens lie.
            fused: whether attention may use a fused kernel, which has no second derivative and,
                with dropout, draws masks of its own from the global generator.
            run: what computes a layer.
            cls_only: return those of each row's first token alone, [rows, width]; what nobody reads
                of the last layer is not computed then.
        """
        masks = Masks(batch.dropout_seed, batch.input_ids.device)
        x = layer_norm(
            self.embedded(p, batch, packing),
            (self.width,),
            p["embeddings.LayerNorm.weight"],
            p["embeddings.LayerNorm.bias"],
            self.eps,
        )
        x = dropped(x, masks.draw(0, x.shape, rate=self.hidden_dropout))
        facts = self._facts(masks, fused=fused, cuda=x.is_cuda)
        for number in range(self.layers):
            last = cls_only and number == self.layers - 1
            x = run(
                x,
                tuple(p[f"encoder.layer.{number}.{name}"] for name in PARAMETERS),
                self._drops(number, masks, packing=packing, cls_only=last, facts=facts),
                lying=Lying(packing.mask, packing.places, packing.cls_positions if last else None),
                facts=facts,
            )
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

    def _facts(self, masks: Masks, *, fused: bool, cuda: bool) -> LayerFacts:
        """Return the facts; on a CPU the kernel is for passes without dropout."""
        rate = self.attention_dropout if fused and masks.seed is not None else 0.0
        own = fused and (cuda or not rate)
        return LayerFacts(self.heads, self.eps, self.scale, own, rate if own else 0.0)

    def _drops(
        self, number: int, masks: Masks, *, packing: Packing, cls_only: bool, facts: LayerFacts
    ) -> Drops:
        """Return the masks of a layer; none for a kernel that draws its own."""
        site, tokens = 3 * number + 1, packing.rows if cls_only else packing.tokens
        shape = (packing.rows, self.heads, 1 if cls_only else packing.width, packing.width)
        rate = 0.0 if facts.fused else self.attention_dropout
        weights = masks.draw(site, shape, rate=rate)
        attended, out = (
            masks.draw(site + more, (tokens, self.width), rate=self.hidden_dropout)
            for more in (1, 2)
        )
        return Drops(weights, attended, out)
