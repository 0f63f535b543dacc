"""What is trained is named by parts or by words of parameters' names, in every architecture."""

from __future__ import annotations

import re

import pytest

from metabench.errors import UsageError
from metabench.nn.trained import frozen_names

BERT = [
    "embeddings.word_embeddings.weight", "embeddings.LayerNorm.bias",
    "encoder.layer.0.attention.self.query.weight", "encoder.layer.0.attention.self.query.bias",
    "encoder.layer.1.output.dense.weight", "encoder.layer.2.output.dense.bias",
    "encoder.layer.10.output.dense.weight", "pooler.dense.weight", "pooler.dense.bias",
]  # fmt: skip


@pytest.mark.parametrize(("train", "trained"), [
    (["encoder", "head"], range(9)),
    (["head"], []),
    (["embeddings"], [0, 1]),
    (["encoder.layers.1-2"], [4, 5]),
    (["encoder.layers.1"], [4]),  # not also layer 10
    (["encoder.layers.3", "pooler"], [6, 7, 8]),  # the fourth, whatever its own number
    (["bias"], [1, 3, 5, 8]),
    (["self.query", "encoder.layer.1"], [2, 3, 4]),
    (["pooler.dense.bias"], [8]),
])  # fmt: skip
def test_parts_and_words_name_parameters(train, trained):
    frozen = frozen_names(BERT, train)

    assert [number for number, name in enumerate(BERT) if name not in frozen] == list(trained)


@pytest.mark.parametrize(("names", "layer"), [
    (["wte.weight", "h.0.attn.weight", "h.1.attn.weight"], ["h.1.attn.weight"]),
    (["embed_tokens.weight", "layers.0.mlp.weight", "layers.1.mlp.weight"],
     ["layers.1.mlp.weight"]),
    (["shared.weight", "encoder.block.0.layer.0.w", "encoder.block.1.layer.0.w"],
     ["encoder.block.1.layer.0.w"]),
    (["shared.weight", "encoder.layers.0.w", "decoder.layers.0.w"], ["decoder.layers.0.w"]),
    (["embeddings.w", "encoder.layer.0.w", "encoder.layer.1.w", "encoder.rel_embeddings.w"],
     ["encoder.layer.1.w"]),
])  # fmt: skip
def test_layers_have_one_name_in_every_family(names, layer):
    """GPT-2, Llama, T5, BART, DeBERTa: which number their layers, each under its own name."""
    frozen = frozen_names(names, ["encoder.layers.1"])

    assert [name for name in names if name not in frozen] == layer


@pytest.mark.parametrize(("entry", "hint"), [
    ("encoder.layers.3-4", "choose encoder, embeddings, head, encoder.layers.0-3 or a word"),
    ("biases", "did you mean 'bias'?"),
    ("embedding", "did you mean 'embeddings'?"),
    ("xyz", "choose encoder, embeddings, head, encoder.layers.0-3 or a word"),
    ("ias", "did you mean 'bias'?"),
    ("encoder.layers.2-1", "choose encoder"),
    ("encoder.layers.٣", "choose encoder"),
])  # fmt: skip
def test_a_name_that_matches_nothing_is_refused_with_what_there_is(entry, hint):
    what = f"{re.escape(entry)}' matches no parameter of the encoder"
    with pytest.raises(UsageError, match=what) as caught:
        frozen_names(BERT, ["bias", entry], where="meta.train")

    assert hint in caught.value.hint
    assert "meta.train" in str(caught.value)
