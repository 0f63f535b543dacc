"""Stage 1 refuses an encoder that it cannot train, before the first step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from metabench.data.encoding import encode
from metabench.data.tokens import TokenTable
from metabench.engine.pretrain import Pretraining
from metabench.errors import DataError
from metabench.nn.seeded import seeded
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


def small(**settings):
    """Return three steps of training of a small BERT on generated texts."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(Hub().model_folder("embedded/encoder"))
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
    with seeded(0, torch.device("cpu")):
        encoder = transformers.BertModel(config)
    return Pretraining(
        encoder=encoder,
        tokenizer=tokenizer,
        tables=tables,
        settings=PretrainSpec(steps=3, batch_size=5, **settings),
        stream=Stream.root(0),
        device=torch.device("cpu"),
    )


def ended(training, start=None):
    """Return the encoder's parameters before and after, by name."""
    before = {name: value.clone() for name, value in training.encoder.named_parameters()}
    steps = training.run(start=start)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return before, stop.value


def test_matrices_alone_are_decayed_where_that_is_asked_for():
    exempt = {}
    for decay in ("all", "matrices"):
        training = small(decay=decay)
        model = training._model()
        names = {id(value): name for name, value in model.named_parameters()}
        groups = training._groups(model)
        without = [group["params"] for group in groups if not group["weight_decay"]]
        exempt[decay] = {names[id(value)] for values in without for value in values}
        assert sum(len(group["params"]) for group in groups) == len(names)

    assert exempt["all"] == set()
    assert exempt["matrices"] == {
        name for name in names.values() if name.endswith("bias") or "LayerNorm" in name
    }


def test_a_gradient_that_is_clipped_to_nothing_moves_nothing_but_by_decay():
    before, free = ended(small(lr=0.1, decay="matrices"))
    _, clipped = ended(small(lr=0.1, decay="matrices", clip=1e-14))
    bias = "encoder.layer.0.output.dense.bias"

    assert (free[bias] - before[bias]).abs().max().item() > 0.05
    assert (clipped[bias] - before[bias]).abs().max().item() < 1e-4


def test_what_it_evaluates_is_what_goes_through_the_model(monkeypatch):
    seen = []
    training = small()
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


def test_it_resumes_after_the_step_of_its_snapshot_with_equal_bits():
    whole, rest = small(lr=0.1), small(lr=0.1)
    steps = whole.run()
    next(steps)
    half = next(steps).snapshot()
    half = replace(half, tensors={name: value.clone() for name, value in half.tensors.items()})
    _, expected = ended(small(lr=0.1))
    _, found = ended(rest, half)

    assert half.step == 2
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_masks_and_dropout_of_a_step_are_drawn_from_streams_of_their_names(monkeypatch):
    collator, seen = transformers.DataCollatorForLanguageModeling, []
    mask = collator.torch_mask_tokens

    def noted(self, *arguments, **options):
        seen.append(torch.default_generator.initial_seed())
        return mask(self, *arguments, **options)

    monkeypatch.setattr(collator, "torch_mask_tokens", noted)
    training = small()
    model = training._model()
    model.register_forward_pre_hook(lambda *_: seen.append(torch.default_generator.initial_seed()))
    training._loss(model, training._rows(), 7)

    assert seen == [Stream.root(0).child("mlm", 7, part).seed for part in ("mask", "dropout")]


def test_the_examples_of_a_step_are_drawn_from_its_stream_over_all_tables():
    training = small()
    drawn = Stream.root(0).child("mlm", 7, "rows").numpy().integers(1000, size=5)

    assert training._picks(7, 1000).tolist() == drawn.tolist()
    assert len(training._rows()) == sum(map(len, training.tables))
