"""What an encoder cannot do is refused while a benchmark is validated."""

from __future__ import annotations

import json

import pytest

from metabench.errors import DataError
from metabench.tasks.architectures import check_architecture, saved_pooling

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
