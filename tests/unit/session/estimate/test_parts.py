"""The shape of a partly trained encoder counts what the engine trains, and needs less memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
import transformers

from metabench.nn.trained import frozen_names
from metabench.session.estimate.footprint import BatchShape, EncoderShape, EpisodeNeeds, Numbers
from metabench.session.estimate.parts import training

SHAPE = EncoderShape(layers=3, heads=4, width=64, inner=256, words=50, others=66, pooler=True)
BATCH = BatchShape(8, 300.0, 48)
PARTS = [
    ["head"], ["embeddings"], ["encoder.layers.1-2"], ["bias"], ["bias", "encoder.layers.0"],
    ["bias", "embeddings"], ["encoder.layers.2", "embeddings"],
]  # fmt: skip


def module(pooler):
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=64, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=256, max_position_embeddings=64,
    )  # fmt: skip
    return transformers.BertModel(config, add_pooling_layer=pooler)


@pytest.mark.parametrize("pooler", [True, False])
@pytest.mark.parametrize("train", PARTS, ids="+".join)
def test_it_counts_the_parameters_that_are_trained(train, pooler):
    named = dict(module(pooler).named_parameters())
    frozen = frozen_names([*named], train)
    trained = sum(value.numel() for name, value in named.items() if name not in frozen)

    assert training(replace(SHAPE, pooler=pooler), train).trained == trained


def test_any_other_name_counts_as_everything():
    assert training(SHAPE, ["query", "bias"]) == SHAPE
    assert training(SHAPE, ["encoder", "head"]) == SHAPE


@pytest.mark.parametrize("train", PARTS, ids="+".join)
@pytest.mark.parametrize("way", [None, "exact"])
def test_a_part_never_needs_more_memory_than_the_whole(train, way):
    part, needs = training(SHAPE, train), EpisodeNeeds(3, way, "fast", words=20)

    def meta(shape):
        return shape.meta(BATCH, BATCH, needs, heads=10, tasks=2, numbers=Numbers())

    def adapt(shape):
        return shape.adapt(BATCH, BATCH, heads=10, numbers=Numbers())

    for needed in (meta, adapt):
        assert needed(part).parameters < needed(SHAPE).parameters
        assert needed(part).saving < needed(SHAPE).saving
        assert needed(part).activations <= needed(SHAPE).activations
