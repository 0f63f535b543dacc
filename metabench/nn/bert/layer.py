"""One layer of BERT as a function of tensors, for eager and compiled passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from torch import Tensor
from torch.nn.functional import (
    gelu,
    layer_norm,
    linear,
    scaled_dot_product_attention,
    softmax,
)

from metabench.nn.bert.masks import Mask, dropped
from metabench.nn.bert.packing import packed, spread
from metabench.nn.bert.traced import no_type_check

__all__ = ["MODULES", "PARAMETERS", "Drops", "LayerFacts", "LayerFunction", "Lying", "layer"]

MODULES = (
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "attention.output.LayerNorm",
    "intermediate.dense", "output.dense", "output.LayerNorm",
)  # fmt: skip
"""Names of a layer's modules with parameters."""

PARAMETERS = tuple(f"{part}.{kind}" for part in MODULES for kind in ("weight", "bias"))
"""Names of a layer's parameters, in the order in which the function takes them."""


LayerFunction: TypeAlias = Callable[..., Tensor]
"""Anything that is called, and computes, as `layer`."""


class Lying(NamedTuple):
    """The places of the real tokens of a padded batch; see `metabench.nn.bert.packing.Packing`.

    Args:
        mask: [rows, columns], whether a token is real.
        places: [tokens], the place of each in the flattened batch; None where all are real.
        cls_positions: [rows], the index of each row's first token; None for the outputs of all
            tokens.
    """

    mask: Tensor
    places: Tensor | None
    cls_positions: Tensor | None


class Drops(NamedTuple):
    """Dropout masks, each None for no dropout.

    Args:
        weights: [rows, heads, queries, columns], of the attention weights.
        attended: of its output, [tokens, width] or, of the first tokens, [rows, width].
        out: of the layer's.
    """

    weights: Mask | None
    attended: Mask | None
    out: Mask | None


class LayerFacts(NamedTuple):
    """The facts that all layers share.

    Args:
        heads: of attention.
        eps: of the norms.
        scale: of the products of queries and keys.
        fused: whether attention uses torch's fused kernel.
        rate: of the dropout in that kernel, which draws its own masks.
        gelu: the form of GELU, by torch's name.
    """

    heads: int
    eps: float
    scale: float
    fused: bool
    rate: float
    gelu: str = "none"


@no_type_check
def layer(
    x: Tensor, weights: tuple[Tensor, ...], drops: Drops, *, lying: Lying, facts: LayerFacts
) -> Tensor:
    """Return the output of a layer, [tokens, width] like its input, or that of the first tokens.

    ``weights`` are `PARAMETERS`. Source: Devlin et al. 2019; post-norm, as in Vaswani et al. 2017.
    """
    own = x if lying.cls_positions is None else x.index_select(0, lying.cls_positions)
    context = _attention(
        _split(linear(own, *weights[0:2]), lying, facts.heads, one=lying.cls_positions is not None),
        _split(linear(x, *weights[2:4]), lying, facts.heads),
        _split(linear(x, *weights[4:6]), lying, facts.heads),
        drop=drops.weights,
        seen=None if lying.places is None else lying.mask[:, None, None, :],
        facts=facts,
    )
    merged = context.transpose(1, 2).flatten(2)
    places = None if lying.cls_positions is not None else lying.places
    mixed = dropped(linear(packed(merged, places), *weights[6:8]), drops.attended)
    width = (x.shape[-1],)
    attended = layer_norm(mixed + own, width, weights[8], weights[9], facts.eps)
    inner = gelu(linear(attended, *weights[10:12]), approximate=facts.gelu)
    out = dropped(linear(inner, *weights[12:14]), drops.out)
    return layer_norm(out + attended, width, weights[14], weights[15], facts.eps)


@no_type_check
def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    drop: Mask | None,
    seen: Tensor | None,
    facts: LayerFacts,
) -> Tensor:
    """Return the contexts, [rows, heads, queries, width of a head] like the queries."""
    if facts.fused:
        return scaled_dot_product_attention(
            query, key, value, attn_mask=seen, dropout_p=facts.rate, scale=facts.scale
        )
    scores = query @ key.transpose(-1, -2) * facts.scale
    if seen is not None:
        scores = scores.masked_fill(~seen, float("-inf"))
    return dropped(softmax(scores, dim=-1), drop) @ value


@no_type_check
def _split(values: Tensor, lying: Lying, heads: int, *, one: bool = False) -> Tensor:
    """Return [tokens, width] as [rows, heads, columns, width of a head]; with ``one``, a column."""
    rows, columns = lying.mask.shape
    if one:
        return values.view(rows, 1, heads, -1).transpose(1, 2)
    whole = spread(values, lying.places, rows=rows, columns=columns)
    return whole.view(rows, columns, heads, -1).transpose(1, 2)
