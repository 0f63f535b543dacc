"""What an encoder can take is known before anything is loaded, and said with both numbers."""

from __future__ import annotations

import json

import pytest

from metabench.errors import DataError
from metabench.tasks.encoder_limits import EncoderLimits, encoder_limits
from metabench.tasks.hub import SHIPPED_ENCODER, Hub


def folder(tmp_path, tokenizer=None, **config):
    (tmp_path / "config.json").write_text(json.dumps(config))
    if tokenizer is not None:
        (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    return tmp_path


@pytest.mark.parametrize(
    ("config", "positions"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 130, "pad_token_id": 1}, 128),
        ({"model_type": "mpnet", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "gpt2", "n_positions": 1024}, 1024),
        ({"model_type": "t5"}, None),
        ({"model_type": "xlnet", "max_position_embeddings": -1}, None),
    ],
)
def test_positions_are_those_that_a_row_can_use(tmp_path, config, positions):
    assert encoder_limits(folder(tmp_path, **config)).positions == positions


def test_the_shipped_encoder_has_64_positions_and_an_embedding_for_each_id():
    found = encoder_limits(Hub().model_folder(SHIPPED_ENCODER))

    assert found == EncoderLimits(positions=64, embeddings=228, ids=228)


def test_the_shipped_encoder_that_can_spell_has_512_positions_and_an_embedding_for_each_id():
    found = encoder_limits(Hub().model_folder("embedded/characters"))

    assert found == EncoderLimits(positions=512, embeddings=2088, ids=2088)


@pytest.mark.parametrize("vocabulary", [{"a": 0, "b": 1}, [["a", 0.0], ["b", 0.0]]])
def test_ids_beyond_the_embeddings_are_refused_with_both_numbers(tmp_path, vocabulary):
    tokenizer = {"model": {"vocab": vocabulary}, "added_tokens": [{"id": 3}]}
    found = encoder_limits(folder(tmp_path, tokenizer, vocab_size=3))

    with pytest.raises(DataError, match="has 4 token ids, its embeddings have only 3 rows"):
        found.check("added")
    encoder_limits(folder(tmp_path, tokenizer, vocab_size=4)).check("added")


def test_a_length_beyond_the_positions_is_refused_where_it_was_given_else_cut():
    limits = EncoderLimits(positions=64)

    with pytest.raises(DataError, match="max_length = 128, but it has only 64 positions"):
        limits.length("small", 128, given=True)
    assert limits.length("small", 128, given=False) == 64
    assert limits.length("small", 32, given=True) == 32
    assert EncoderLimits().length("any", 4096, given=True) == 4096
