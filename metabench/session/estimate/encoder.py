"""What an encoder is, from its configuration alone: no weight is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from metabench.session.estimate.footprint import EncoderShape

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
"""What configurations of one-stack encoders call these."""


def encoder_shape(model: ModelSpec, *, hub: Hub) -> EncoderShape | None:
    """Return the shape of a one-stack encoder; None where its configuration does not say."""
    config = _config(model, hub)
    found = {
        name: next((config[key] for key in keys if isinstance(config.get(key), int)), 0)
        for name, keys in _NAMES.items()
    }
    if not all(found.values()) or config.get("is_encoder_decoder"):
        return None
    bert = config.get("model_type") == "bert" and config.get("hidden_act", "gelu") == "gelu"
    places = config.get("max_position_embeddings", 0) + config.get("type_vocab_size", 0)
    dropout = config.get("attention_probs_dropout_prob", config.get("attention_dropout", 0.0))
    auto = model.pooling == "auto" and model.weights == "pretrained"
    return EncoderShape(
        **found,
        others=int(places),
        pooler=model.pooling == "pooler" or (auto and bert),
        attention_dropout=bool(dropout),
        packed=bert,
        cls_only=bert and model.pooling in {"cls", "pooler"},
    )


def _config(model: ModelSpec, hub: Hub) -> Mapping[str, Any]:
    folder = hub.model_folder(model.id)
    path: Path | str | None = folder / "config.json" if folder else None
    if path is None:
        from huggingface_hub import hf_hub_download  # noqa: PLC0415  (light until it is needed)

        try:
            path = hf_hub_download(model.id, "config.json", revision=model.revision)
        except Exception:  # noqa: BLE001  (whatever fails, nothing is known)
            return {}
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  (a path of the hub's cache)
            config: Any = json.load(file)
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}
