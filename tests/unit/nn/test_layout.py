"""Where parameters lie: which of them is the word table, and that they tile theta."""

from __future__ import annotations

import pytest
import torch
import transformers

from metabench.nn.layout import Layout

HEADS = {"one": 2, "two": 3}


def encoder(kind):
    config = {"vocab_size": 11, "hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2}
    if kind == "distilbert":
        made = transformers.DistilBertConfig(
            vocab_size=11, dim=8, hidden_dim=8, n_heads=2, n_layers=1
        )
    else:
        made = transformers.BertConfig(**config, num_hidden_layers=1)
    return transformers.AutoModel.from_config(made)


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_the_word_table_is_the_parameter_that_tokens_are_looked_up_in(kind):
    module = encoder(kind)
    layout = Layout.of(module, width=8, outputs=HEADS)
    tokens = torch.tensor([[1, 2, 3]])

    module(input_ids=tokens).last_hidden_state.square().sum().backward()
    rows = {
        name: value.grad.flatten(1).ne(0).any(1).nonzero().flatten().tolist()
        for name, value in module.named_parameters()
        if value.grad is not None and value.shape == (11, 8)
    }

    assert rows == {layout.words: [1, 2, 3]}
    assert layout.table.shape == (11, 8)


@pytest.mark.parametrize(
    "layout",
    [
        Layout.of(encoder("bert"), width=8, outputs=HEADS),
        Layout.tiled([], width=8, outputs=HEADS),  # of heads alone
    ],
    ids=["bert", "none"],
)
def test_places_and_heads_tile_theta_without_a_gap(layout):
    places = [*layout.encoder, *layout.heads["one"], *layout.heads["two"]]

    assert [place.start for place in places] == [0, *(place.stop for place in places[:-1])]
    assert places[-1].stop == layout.size
    assert layout.head("two") == slice(layout.size - (3 * 8 + 3), layout.size)


@pytest.mark.parametrize(("names", "expected"), [
    (["wte.w", "wpe.w", "h.0.a", "h.0.b", "h.1.a", "ln_f.w"],
     {"embeddings": (0, 2), "layer 0": (2, 4), "layer 1": (4, 5)}),
    (["embeddings.w", "encoder.map.w", "encoder.albert_layer_groups.0.albert_layers.0.w",
      "pooler.w"],
     {"embeddings": (0, 2), "layer 0": (2, 3)}),
    (["shared.w", "encoder.block.0.layer.0.w", "encoder.block.0.layer.1.w",
      "encoder.block.1.layer.0.w"],
     {"embeddings": (0, 1), "layer 0": (1, 3), "layer 1": (3, 4)}),
    (["shared.w", "encoder.layers.0.w", "decoder.layers.0.w"],
     {"embeddings": (0, 1), "layer 0": (1, 2), "layer 1": (2, 3)}),
    (["embeddings.w", "encoder.layer.0.w", "encoder.rel_embeddings.w"],
     {"embeddings": (0, 1), "layer 0": (1, 2)}),
])  # fmt: skip
def test_spans_know_the_layers_of_every_family(names, expected):
    """GPT-2, ALBERT's shared layer, T5's blocks, BART's two stacks, DeBERTa's late embeddings."""
    layout = Layout.tiled([(name, (1,)) for name in names], width=1, outputs={})

    spans = {name: (span.start, span.stop) for name, span in layout.spans().items()}
    assert spans == {"encoder": (0, len(names)), **expected}
