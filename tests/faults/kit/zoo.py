"""A tiny configuration of every architecture of transformers that can be used as an encoder."""

from __future__ import annotations

from typing import Any

import transformers

WORDS = 228  # of the tokenizer that ships with metabench
_COMMON = {
    "vocab_size": WORDS, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "max_position_embeddings": 72, "num_key_value_heads": 2, "head_dim": 8,
    "d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 24, "n_embd": 16, "n_inner": 24,
    "n_positions": 72, "dim": 16, "hidden_dim": 24, "n_layers": 2, "n_heads": 2, "d_ff": 24,
    "d_kv": 8, "num_layers": 2, "num_heads": 2, "encoder_layers": 2, "decoder_layers": 2,
    "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "embedding_size": 16, "ffn_dim": 24, "word_embed_proj_dim": 16,
    "emb_dim": 16, "num_local_experts": 2, "num_experts": 2, "num_experts_per_tok": 1,
    "n_routed_experts": 2, "moe_intermediate_size": 24, "dff": 24, "max_2d_position_embeddings": 8,
}  # fmt: skip
"""Whatever of these a configuration has is made small."""

_HEADS = {"hidden_size": 16, "num_attention_heads": 2, "vocab_size": WORDS}
_ALONE: dict[str, dict[str, Any]] = {
    "bamba": {
        **_HEADS, "num_hidden_layers": 2, "num_key_value_heads": 2, "intermediate_size": 24,
        "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_d_state": 8, "attn_layer_indices": [1],
        "mamba_chunk_size": 8,
    },
    "codegen": {
        "vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4, "rotary_dim": 4,
        "n_positions": 72,
    },
    "falcon": {**_HEADS, "num_hidden_layers": 2},
    "gpt_neo": {
        "vocab_size": WORDS, "hidden_size": 16, "num_layers": 2, "num_heads": 2,
        "attention_types": [[["global", "local"], 1]], "intermediate_size": 24,
        "max_position_embeddings": 72,
    },
    "gptj": {
        "vocab_size": WORDS, "n_embd": 16, "n_layer": 2, "n_head": 2, "rotary_dim": 4,
        "n_positions": 72,
    },
    "mamba2": {
        "vocab_size": WORDS, "hidden_size": 16, "num_hidden_layers": 2, "num_heads": 4,
        "head_dim": 8, "expand": 2, "state_size": 8, "n_groups": 1, "chunk_size": 8,
    },
    "xlnet": {"vocab_size": WORDS, "d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 24},
}  # fmt: skip
"""Configurations that are no other's: all that they are made of."""

_BESIDE: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 8},
    "electra": {"embedding_size": 8},
    "falcon_h1": {
        "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_d_ssm": 32, "mamba_d_state": 8,
        "mamba_chunk_size": 8,
    },
    "inkling_text": {},
    "kimi_linear": {"linear_num_heads": 2, "linear_head_dim": 8},
    "luke": {"entity_vocab_size": 8, "entity_emb_size": 8},
    "markuplm": {"xpath_unit_hidden_size": 4},
    "mobilebert": {"embedding_size": 8, "true_hidden_size": 16, "intra_bottleneck_size": 16},
    "nemotron_h": {"mamba_num_heads": 4, "mamba_head_dim": 8, "ssm_state_size": 8,
                   "chunk_size": 8, "n_groups": 1},
    "rembert": {"input_embedding_size": 16, "output_embedding_size": 16},
    "roc_bert": {
        "pronunciation_vocab_size": 8, "shape_vocab_size": 8, "pronunciation_embed_dim": 4,
        "shape_embed_dim": 4,
    },
}  # fmt: skip
"""What is set beside the common numbers."""


def tiny_config(kind: str) -> Any:
    """Return a configuration of two layers and width 16, or what comes nearest to that."""
    made = transformers.CONFIG_MAPPING[kind]
    if kind in _ALONE:
        return made(**_ALONE[kind])
    usual = made()
    common = {name: value for name, value in _COMMON.items() if hasattr(usual, name)}
    return made(**{**common, **_BESIDE.get(kind, {})})
