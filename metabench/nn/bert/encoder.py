"""BERT's encoder as a function of its parameters, on real tokens only.

The same numbers as transformers' ``BertModel`` (a test compares them), without the arithmetic on
padding, which at the lengths of GLUE is a third to a half of it.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, final

from torch import Tensor, nn
from torch.nn.functional import embedding, layer_norm, linear

from metabench.nn.bert.family import POSITIONS, PROJECTION, TYPES, WORDS, Family, family_of
from metabench.nn.bert.layer import PARAMETERS, Drops, LayerFacts, LayerFunction, Lying, layer
from metabench.nn.bert.masks import Masks, dropped
from metabench.nn.caching import layers_held

if TYPE_CHECKING:
    from metabench.learning.batch import Batch
    from metabench.nn.bert.packing import Packing

__all__ = ["Bert", "Parameters"]

Parameters: TypeAlias = Mapping[str, Tensor]
"""The encoder's parameters by name."""

_NOTHING = Tensor()
_GELUS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


@final
@dataclass(frozen=True, slots=True)
class Bert:
    """The configuration of BERT or of an encoder of its family.

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
    gelu: str = "none"
    family: Family = field(default_factory=Family)
    frozen: int = 0
    """How many of its lowest parts, the embeddings and then each layer, have nothing to train."""

    @classmethod
    def of(cls, module: nn.Module, *, token_types: bool) -> Bert | None:
        """Return the facts of an encoder like BERT; None for any other one or activation."""
        config: Any = module.config
        family = family_of(module)
        if family is None:
            return None
        distil = type(module).__name__ == "DistilBertModel"
        gelu = _GELUS.get(config.activation if distil else config.hidden_act)
        if gelu is None:
            return None
        return cls(
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            width=config.hidden_size,
            inner=config.hidden_dim if distil else config.intermediate_size,
            eps=1e-12 if distil else config.layer_norm_eps,
            hidden_dropout=config.dropout if distil else config.hidden_dropout_prob,
            attention_dropout=config.attention_dropout
            if distil
            else config.attention_probs_dropout_prob,
            token_types=token_types,
            gelu=gelu,
            family=family,
        )

    def training(self, names: Collection[str]) -> Bert:
        """Return the same encoder with only these parameters trained, by its own names."""
        renamed = self.family.renamed(dict.fromkeys(names, _NOTHING), self.layers)
        parts = ["embeddings.", *(f"encoder.layer.{number}." for number in range(self.layers))]
        trained = (
            number for number, part in enumerate(parts) if any(n.startswith(part) for n in renamed)
        )
        return replace(self, frozen=next(trained, len(parts)))

    @property
    def frozen_layers(self) -> int:
        """How many of its lowest layers, and the embeddings with them, have nothing to train."""
        return max(0, self.frozen - 1)

    @property
    def mixed_dropout(self) -> float:
        """Rate of the dropout after attention."""
        return self.hidden_dropout if self.family.mixed else 0.0

    @property
    def out_dropout(self) -> float:
        """Rate of the dropout at the end of a layer."""
        return self.hidden_dropout if self.family.out else 0.0

    @property
    def scale(self) -> float:
        """The scale of the products of queries and keys."""
        return 1 / math.sqrt(self.width // self.heads)

    @property
    def sites(self) -> int:
        """Sites of dropout in the encoder; a head's is the next."""
        return 3 * self.layers + 1

    def bytes_kept(self, *, tokens: int, rows: int, width: int, size: int, cls_only: bool) -> float:
        """Return an estimate of the bytes that a forward pass keeps for its derivatives.

        Args:
            tokens: real tokens.
            rows: rows of the batch.
            width: its columns.
            size: bytes of a number.
            cls_only: whether the last layer computes only the first tokens' states.
        """
        heads = 3 * rows * width * self.width + rows * self.heads * width * width
        layers = layers_held(self.layers, cls_only=cls_only) - self.frozen_layers
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
            p: the parameters, by BERT's names for them.
            batch: the rows.
            packing: the places of their real tokens.
            fused: whether attention may use a fused kernel, which has no second derivative and,
                with dropout, draws its masks from the global generator.
            run: the function that computes a layer.
            cls_only: return only the states of each row's first token, [rows, width]; the unused
                part of the last layer is not computed.
        """
        masks = Masks(batch.dropout_seed, batch.input_ids.device)
        x = self.embedded(p, batch, packing)
        scale, shift = p["embeddings.LayerNorm.weight"], p["embeddings.LayerNorm.bias"]
        x = layer_norm(x, x.shape[-1:], scale, shift, self.eps)
        x = dropped(x, masks.draw(0, x.shape, rate=self.hidden_dropout))
        if f"{PROJECTION}.weight" in p:
            x = linear(x, p[f"{PROJECTION}.weight"], p[f"{PROJECTION}.bias"])
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
        """Return the sum of each real token's embeddings in ``p``, before its norm.

        ``p`` has at least one of the three matrices; the type alone may be one row for all tokens.
        """
        found = []
        if (words := p.get(WORDS)) is not None:
            found.append(embedding(packing.gather(batch.input_ids), words))
        if (types := p.get(TYPES)) is not None:
            numbers = packing.gather(batch.token_type_ids) if self.token_types else None
            found.append(types[0] if numbers is None else embedding(numbers, types))
        if (places := p.get(POSITIONS)) is not None:
            found.append(embedding(self.positions(packing), places))
        return functools.reduce(operator.add, found)

    def positions(self, packing: Packing) -> Tensor:
        """Return the position of each real token."""
        columns = packing.columns
        return columns + self.family.offset if self.family.offset else columns

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
        rate = rate if own else 0.0
        return LayerFacts(self.heads, self.eps, self.scale, own, rate, self.gelu)

    def _drops(
        self, number: int, masks: Masks, *, packing: Packing, cls_only: bool, facts: LayerFacts
    ) -> Drops:
        """Return the masks of a layer; none for a kernel that draws its own."""
        site, tokens = 3 * number + 1, packing.rows if cls_only else packing.tokens
        shape = (packing.rows, self.heads, 1 if cls_only else packing.width, packing.width)
        rate = 0.0 if facts.fused else self.attention_dropout
        weights = masks.draw(site, shape, rate=rate)
        attended, out = (
            masks.draw(site + more, (tokens, self.width), rate=rate)
            for more, rate in ((1, self.mixed_dropout), (2, self.out_dropout))
        )
        return Drops(weights, attended, out)
