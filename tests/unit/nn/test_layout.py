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


def test_places_and_heads_tile_theta_without_a_gap():
    layout = Layout.of(encoder("bert"), width=8, outputs=HEADS)
    places = [*layout.encoder, *layout.heads["one"], *layout.heads["two"]]

    assert [place.start for place in places] == [0, *(place.stop for place in places[:-1])]
    assert places[-1].stop == layout.size
    assert layout.head("two") == slice(layout.size - (3 * 8 + 3), layout.size)
