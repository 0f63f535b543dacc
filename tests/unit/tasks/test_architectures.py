"""What an encoder cannot do is refused while a benchmark is validated."""

from __future__ import annotations

import json

import pytest
from transformers.models.auto import modeling_auto

from metabench.errors import DataError
from metabench.tasks.architectures import (
    ENCODER_ALONE,
    MASKED_LM,
    REFUSED,
    USABLE,
    check_architecture,
    saved_pooling,
)

TEXT_MODELS = (
    modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
    modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    modeling_auto.MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES,
    modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
)
MEAN = {"word_embedding_dimension": 8, "pooling_mode_mean_tokens": True}


@pytest.mark.parametrize(("kind", "asked", "message", "hint"), [
    ("longformer", {}, "'longformer' has derivatives that are not finite", "another encoder"),
    ("whisper", {}, "'whisper' reads images, sounds or bytes", "another encoder"),
    ("gpt2", {"pooling": "cls"}, "the first token of a decoder sees no other", '"last"'),
    ("distilbert", {"pooling": "pooler"}, "has no pooler", 'model.pooling = "mean"'),
    ("llama", {"masked_lm": True}, "no masked language model for 'llama'", "leave [pretrain] out"),
])  # fmt: skip
def test_what_an_encoder_cannot_do_is_refused(kind, asked, message, hint):
    with pytest.raises(DataError, match=message) as caught:
        check_architecture("an/encoder", {"model_type": kind}, **asked)
    assert hint in caught.value.hint


@pytest.mark.parametrize(("kind", "asked"), [
    ("gpt2", {"pooling": "last"}), ("bert", {"pooling": "pooler", "masked_lm": True}),
    ("one-that-is-new", {"pooling": "cls", "masked_lm": True}),
])  # fmt: skip
def test_what_an_encoder_can_do_is_not_refused(kind, asked):
    check_architecture("an/encoder", {"model_type": kind}, **asked)


def write(folder, **modes):
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({**MEAN, **modes}))


def test_without_a_file_only_decoders_have_a_pooling_of_their_own(tmp_path):
    assert saved_pooling(tmp_path, {"model_type": "gpt2"}) == "last"
    assert saved_pooling(tmp_path, {"model_type": "bert"}) is None


@pytest.mark.parametrize(("mode", "pooling"), [
    ("cls_token", "cls"), ("mean_tokens", "mean"), ("lasttoken", "last")
])  # fmt: skip
def test_the_pooling_of_a_sentence_encoder_is_that_of_its_file(tmp_path, mode, pooling):
    write(tmp_path, **{"pooling_mode_mean_tokens": False, f"pooling_mode_{mode}": True})

    assert saved_pooling(tmp_path, {"model_type": "gpt2"}) == pooling


def test_a_pooling_that_metabench_does_not_have_is_refused(tmp_path):
    write(tmp_path, pooling_mode_max_tokens=True)

    with pytest.raises(DataError, match="pooling_mode_mean_tokens, pooling_mode_max_tokens"):
        saved_pooling(tmp_path, {})


def test_every_text_architecture_of_transformers_is_known_by_name():
    """One that is new in transformers needs a place in `metabench.tasks.architectures`."""
    known = {name for models in TEXT_MODELS for name in models}

    assert sorted(known - USABLE - set(REFUSED)) == []
    assert sorted((USABLE | set(REFUSED)) - known) == []
    assert not USABLE & set(REFUSED)


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_cannot_be_used_is_refused_by_name_before_it_is_loaded(kind):
    with pytest.raises(DataError, match=f"its architecture '{kind}' .*, so it cannot be used"):
        check_architecture("an/encoder", {"model_type": kind})


def test_encoders_without_a_masked_language_model_are_those_of_transformers():
    has = set(modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES)

    assert (has & USABLE) - {"bart", "mbart", "mvp"} == MASKED_LM  # they generate whole texts
    assert USABLE >= ENCODER_ALONE
