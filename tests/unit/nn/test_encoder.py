"""An encoder is loaded whole, or the error says what it lacks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import safetensors.torch
import torch
import transformers

from metabench.errors import DataError
from metabench.nn.encoder import (
    _DROPOUTS,
    _first,
    _not_loaded,
    _takes_token_types,
    load_encoder,
    load_tokenizer,
)
from metabench.nn.features import pool
from metabench.nn.seeded import seeded
from metabench.seeding import Stream
from metabench.spec.model.sections import ModelSpec
from metabench.tasks.hub import Hub

OFFLINE = Hub(offline=True)
SMALL = {"vocab_size": 40, "num_hidden_layers": 1, "num_attention_heads": 1}


def load(folder, **changes):
    model = ModelSpec(id=str(folder), **changes)
    return load_encoder(model, hub=OFFLINE, stream=Stream.root(0))


@pytest.fixture
def bert(tmp_path):
    """The folder of a saved BERT with a pooler."""
    config = transformers.BertConfig(hidden_size=8, intermediate_size=8, **SMALL)
    with seeded(1, torch.device("cpu")):
        transformers.BertModel(config).save_pretrained(tmp_path)
    return tmp_path


def without(folder, name):
    file = folder / "model.safetensors"
    values = safetensors.torch.load_file(file)
    del values[name]
    safetensors.torch.save_file(values, file, metadata={"format": "pt"})


def test_a_checkpoints_own_pooler_is_used(bert):
    assert load(bert).pooling == "pooler"


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_pooler_that_is_not_used_is_no_parameter(bert, pooling):
    encoder = load(bert, pooling=pooling)

    assert encoder.pooling == pooling
    assert not [name for name, _ in encoder.module.named_parameters() if "pooler" in name]


def test_auto_is_the_pooling_that_comes_with_an_encoder_and_others_are_as_asked(bert):
    modes = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (bert / "1_Pooling").mkdir()
    (bert / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 8, **modes})
    )

    assert [load(bert, pooling=asked).pooling for asked in ("auto", "mean", "pooler")] == [
        "cls", "mean", "pooler",
    ]  # fmt: skip


def test_without_a_pooler_in_the_checkpoint_states_are_averaged(bert):
    for name in ("pooler.dense.weight", "pooler.dense.bias"):
        without(bert, name)

    assert load(bert).pooling == "mean"


def test_a_mean_leaves_the_padding_out():
    states = torch.tensor([[[2.0], [4.0], [90.0]]])
    mask = torch.tensor([[True, True, False]])

    assert pool(states, mask, "mean").tolist() == [[3.0]]
    assert pool(states, mask, "cls").tolist() == [[2.0]]


def test_random_weights_are_the_same_at_each_call_and_ambient_ones_untouched(bert):
    before = torch.random.get_rng_state()
    first, second = (load(bert, weights="random").module.state_dict() for _ in range(2))

    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_checkpoint_that_lacks_a_parameter_is_refused(bert):
    without(bert, "encoder.layer.0.output.dense.bias")

    with pytest.raises(DataError, match=r"lacks 1 parameters, .*output\.dense\.bias") as caught:
        load(bert)
    assert caught.value.where == f"encoder {str(bert)!r}"
    assert 'model.weights = "random"' in caught.value.hint


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (torch.full((8,), float("nan")), "are not all finite"),
        (torch.arange(8), "are integers"),
    ],
    ids=["nan", "integers"],
)
def test_a_parameter_that_is_not_of_finite_reals_is_named_with_what_it_is(bert, values, said):
    file, name = bert / "model.safetensors", "encoder.layer.0.output.dense.bias"
    changed = safetensors.torch.load_file(file) | {name: values}
    safetensors.torch.save_file(changed, file, metadata={"format": "pt"})

    with pytest.raises(DataError, match=rf"{name}' {said}"):
        load(bert)


def test_a_pooler_that_an_encoder_does_not_have_cannot_be_asked_for(tmp_path):
    config = transformers.DistilBertConfig(
        vocab_size=40, dim=8, hidden_dim=8, n_layers=1, n_heads=1
    )
    with seeded(1, torch.device("cpu")):
        transformers.DistilBertModel(config).save_pretrained(tmp_path)

    with pytest.raises(DataError, match="has no pooler") as caught:
        load(tmp_path, pooling="pooler")
    assert caught.value.hint == 'set model.pooling = "mean"'


def tokenizer_of(folder):
    return load_tokenizer(ModelSpec(id=str(folder)), hub=OFFLINE)


@pytest.mark.parametrize("loading", [load, tokenizer_of])
def test_an_encoder_that_is_nowhere_is_named_with_a_way_out(loading):
    with pytest.raises(DataError, match="cannot be loaded") as caught:
        loading("nobody/nothing")
    assert caught.value.where == "encoder 'nobody/nothing'"
    assert "METABENCH_HUB" in caught.value.hint


def test_a_tokenizer_that_is_not_fast_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5"}))
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "ByT5Tokenizer"})
    )

    with pytest.raises(DataError, match="has no fast tokenizer") as caught:
        tokenizer_of(tmp_path)
    assert caught.value.hint == "add its tokenizer.json"


def config(**values):
    return SimpleNamespace(**values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"hidden_dropout_prob": 0.1}, 0.1),
        ({"classifier_dropout": None, "hidden_dropout_prob": 0.1}, 0.1),
        ({"classifier_dropout": 0.0, "hidden_dropout_prob": 0.1}, 0.0),
        ({"seq_classif_dropout": 0.2, "summary_last_dropout": 0.3}, 0.2),
        ({}, 0.5),
    ],
)
def test_the_first_value_that_a_configuration_sets_counts(values, expected):
    assert _first(config(**values), _DROPOUTS, 0.5) == expected


@pytest.mark.parametrize(
    ("values", "named", "expected"),
    [
        ({"type_vocab_size": 2, "model_type": "bert"}, True, True),
        ({"type_vocab_size": 2, "model_type": "bert"}, False, False),
        ({"type_vocab_size": 1, "model_type": "roberta"}, True, False),
        ({"type_vocab_size": 0, "model_type": "deberta"}, True, False),
        ({"model_type": "xlnet"}, True, True),
        ({"model_type": "xlnet"}, False, False),
        ({"model_type": "distilbert"}, True, False),
    ],
)
def test_token_types_are_taken_where_there_are_two_to_embed(values, named, expected):
    def typed(input_ids, token_type_ids):
        """Take types."""

    def plain(input_ids):
        """Take none."""

    module = SimpleNamespace(config=config(**values), forward=typed if named else plain)

    assert _takes_token_types(module) is expected


def test_an_encoder_has_the_width_of_its_states_and_the_numbers_of_its_configuration(tmp_path):
    made = transformers.BertConfig(
        hidden_size=8, intermediate_size=8, initializer_range=0.3, hidden_dropout_prob=0.25,
        classifier_dropout=0.125, type_vocab_size=2, **SMALL,
    )  # fmt: skip
    with seeded(1, torch.device("cpu")):
        transformers.BertModel(made).half().save_pretrained(tmp_path)
    encoder = load(tmp_path)

    assert (encoder.width, encoder.head_dropout, encoder.head_std) == (8, 0.125, 0.3)
    assert (encoder.takes_token_types, encoder.cls_only) == (True, True)
    assert {value.dtype for value in encoder.module.parameters()} == {torch.float32}
    assert not encoder.module.training
    assert not load(tmp_path, pooling="mean").cls_only


def test_an_encoder_that_reads_forwards_has_no_dropout_before_its_head(tmp_path):
    made = transformers.GPT2Config(
        vocab_size=40, n_embd=8, n_layer=1, n_head=1, n_positions=32, summary_first_dropout=0.3
    )
    with seeded(1, torch.device("cpu")):
        transformers.GPT2Model(made).save_pretrained(tmp_path)

    assert load(tmp_path, pooling="last").head_dropout == 0.0


@pytest.mark.parametrize(
    ("error", "reason"),
    [(ValueError("\nfirst\nsecond"), "first"), (ValueError(" \n"), "ValueError")],
)
def test_why_an_encoder_cannot_be_loaded_is_one_line_with_a_way_out(tmp_path, error, reason):
    here = _not_loaded(ModelSpec(id="a/b"), tmp_path, error)
    there = _not_loaded(ModelSpec(id="a/b"), "a/b", error)

    assert here.problem == there.problem == f"cannot be loaded: {reason}"
    assert here.hint == "copy its files again, or choose another encoder"
    assert "models/a/b" in there.hint
