"""The shape of an encoder, from its configuration only: no weight is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metabench.session.estimate.footprint import EncoderShape
from metabench.tasks.encoder_config import encoder_config

if TYPE_CHECKING:
    from metabench.spec.model.sections import ModelSpec
    from metabench.tasks.hub import Hub

__all__ = ["encoder_shape"]

_NAMES = {
    "layers": ("num_hidden_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_heads"),
    "width": ("hidden_size", "dim"),
    "inner": ("intermediate_size", "hidden_dim"),
    "words": ("vocab_size",),
}
"""Their names in the configurations of one-stack encoders."""

_PACKED = {
    "albert", "camembert", "data2vec-text", "distilbert", "electra", "ernie", "roberta",
    "xlm-roberta",
}  # fmt: skip
"""Encoders that `metabench.nn.bert.family` computes, besides BERT."""


def encoder_shape(model: ModelSpec, *, hub: Hub) -> EncoderShape | None:
    """Return the shape of a one-stack encoder; None where its configuration does not define it."""
    config = encoder_config(model.id, revision=model.revision, hub=hub)
    found: dict[str, Any] = {
        name: next((config[key] for key in keys if isinstance(config.get(key), int)), 0)
        for name, keys in _NAMES.items()
    }
    if not all(found.values()) or config.get("is_encoder_decoder"):
        return None
    bert = config.get("model_type") == "bert" and config.get("hidden_act", "gelu") == "gelu"
    packed = bert or config.get("model_type") in _PACKED
    places = config.get("max_position_embeddings", 0) + config.get("type_vocab_size", 0)
    dropout = config.get("attention_probs_dropout_prob", config.get("attention_dropout", 0.0))
    auto = model.pooling == "auto" and model.weights == "pretrained"
    return EncoderShape(
        **found,
        others=int(places),
        pooler=model.pooling == "pooler" or (auto and bert),
        attention_dropout=bool(dropout),
        packed=packed,
        cls_only=packed and model.pooling in {"cls", "pooler", "last"},
    )
