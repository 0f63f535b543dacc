"""Stage 1 refuses an encoder that it cannot train, before the first step."""

from __future__ import annotations

import pytest
import torch
import transformers

from metabench.engine.pretrain import Pretraining
from metabench.errors import DataError
from metabench.seeding import Stream
from metabench.spec.model import PretrainSpec


def test_an_encoder_without_a_masked_language_model_is_refused():
    config = transformers.CLIPTextConfig(
        vocab_size=40,
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
    )
    training = Pretraining(
        encoder=transformers.CLIPTextModel(config),
        tokenizer=None,
        tables=[],
        settings=PretrainSpec(steps=1),
        stream=Stream.root(0),
        device=torch.device("cpu"),
    )

    with pytest.raises(DataError, match="no masked language model for CLIPTextConfig") as caught:
        next(training.run())
    assert caught.value.where == "[pretrain]"
    assert caught.value.hint == "leave [pretrain] out, or use another encoder"
