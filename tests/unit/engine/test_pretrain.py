"""Stage 1 refuses an encoder that it cannot train, before the first step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers

from metabench.data.encoding import encode
from metabench.data.tokens import TokenTable
from metabench.engine.pretrain import Pretraining
from metabench.errors import DataError
from metabench.seeding import Stream
from metabench.spec.model.sections import PretrainSpec
from metabench.tasks.embedded.suite import RECIPES, generate
from metabench.tasks.hub import Hub


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


def test_what_it_evaluates_is_what_goes_through_the_model(monkeypatch):
    tokenizer = transformers.AutoTokenizer.from_pretrained(Hub().model_folder("embedded/encoder"))
    seen = []
    tables = []
    for name in ("embedded/sentiment", "embedded/answer"):
        columns = generate(name, RECIPES[name].scored)
        texts = tuple(columns[column] for column in RECIPES[name].text)
        encoding = encode(texts, tokenizer=tokenizer, max_length=32, cache=None)
        labels = np.array(columns["label"])
        tables.append(TokenTable.build(encoding, labels, max_length=32, device="cpu"))
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
    )
    training = Pretraining(
        encoder=transformers.BertModel(config),
        tokenizer=tokenizer,
        tables=tables,
        settings=PretrainSpec(steps=3, batch_size=5),
        stream=Stream.root(0),
        device=torch.device("cpu"),
    )

    forward = transformers.BertForMaskedLM.forward

    def counted(self, *arguments, attention_mask, **named):
        seen.append(attention_mask)
        return forward(self, *arguments, attention_mask=attention_mask, **named)

    monkeypatch.setattr(transformers.BertForMaskedLM, "forward", counted)
    list(training.run())

    counter = training.counter()
    assert (counter.gradients, counter.hvps) == (len(seen), 0) == (3, 0)
    assert counter.examples == sum(len(mask) for mask in seen) == 15
    assert counter.tokens == sum(int(mask.sum()) for mask in seen)
