"""Which encoders have BERT's layer, where they differ, and what their parameters are called."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from metabench.nn.bert.encoder import Bert
from metabench.nn.bert.family import PROJECTION, Family, family_of
from metabench.nn.bert.layer import MODULES

BASE = {
    "num_hidden_layers": 3, "num_attention_heads": 2, "hidden_size": 8, "intermediate_size": 20,
    "layer_norm_eps": 1e-5, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.2,
    "hidden_act": "gelu", "pad_token_id": 1,
}  # fmt: skip
DISTIL = {
    "num_hidden_layers": 3, "num_attention_heads": 2, "hidden_size": 8, "hidden_dim": 24,
    "dropout": 0.3, "attention_dropout": 0.4, "activation": "gelu",
}  # fmt: skip


def module(name, **config):
    """Return a module of a class of that name with a configuration."""
    kind = type(name, (), {})
    found = kind()
    found.config = SimpleNamespace(**config)
    return found


@pytest.mark.parametrize(
    ("name", "offset", "mixed", "out"),
    [
        ("BertModel", 0, True, True), ("ErnieModel", 0, True, True),
        ("ElectraModel", 0, True, True),
        ("RobertaModel", 2, True, True), ("CamembertModel", 2, True, True),
        ("XLMRobertaModel", 2, True, True), ("Data2VecTextModel", 2, True, True),
        ("DistilBertModel", 0, False, True), ("AlbertModel", 0, True, False),
    ],
)  # fmt: skip
def test_a_family_has_its_first_position_and_its_sites_of_dropout(name, offset, mixed, out):
    found = family_of(module(name, **BASE))

    assert (found.offset, found.mixed, found.out) == (offset, mixed, out)


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("T5Model", {}), ("BertModel", {"is_decoder": True}),
        ("RobertaModel", {"add_cross_attention": True}), ("ErnieModel", {"use_task_id": True}),
        ("AlbertModel", {"num_hidden_groups": 2}), ("AlbertModel", {"inner_group_num": 2}),
    ],
)  # fmt: skip
def test_another_layer_is_of_no_family(name, config):
    assert family_of(module(name, **BASE | config)) is None
    assert Bert.of(module(name, **BASE | config), token_types=True) is None


def test_groups_of_layers_matter_to_albert_alone():
    assert family_of(module("BertModel", **BASE, num_hidden_groups=2)) is not None
    assert family_of(module("AlbertModel", **BASE, num_hidden_groups=1, inner_group_num=1))


def test_the_facts_of_bert_are_those_of_its_configuration():
    bert = Bert.of(module("BertModel", **BASE), token_types=True)

    assert (bert.layers, bert.heads, bert.width, bert.inner, bert.eps) == (3, 2, 8, 20, 1e-5)
    assert (bert.hidden_dropout, bert.attention_dropout) == (0.1, 0.2)
    assert (bert.mixed_dropout, bert.out_dropout) == (0.1, 0.1)
    assert (bert.scale, bert.sites, bert.token_types) == (0.5, 10, True)  # 8 / 2 = 4, root 2


def test_distilbert_has_other_names_and_no_dropout_after_attention():
    bert = Bert.of(module("DistilBertModel", **DISTIL), token_types=False)

    assert (bert.inner, bert.eps, bert.hidden_dropout, bert.attention_dropout) == (
        24, 1e-12, 0.3, 0.4,
    )  # fmt: skip
    assert (bert.mixed_dropout, bert.out_dropout, bert.token_types) == (0.0, 0.3, False)


@pytest.mark.parametrize(
    ("activation", "gelu"),
    [("gelu", "none"), ("gelu_new", "tanh"), ("gelu_pytorch_tanh", "tanh"), ("relu", None)],
)
def test_only_forms_of_gelu_are_known(activation, gelu):
    for made in (module("BertModel", **BASE | {"hidden_act": activation}),
                 module("DistilBertModel", **DISTIL | {"activation": activation})):  # fmt: skip
        bert = Bert.of(made, token_types=True)

        assert (bert and bert.gelu) == gelu


def test_positions_begin_where_the_family_says():
    packing = SimpleNamespace(columns=torch.tensor([0, 1, 2]))
    plain = Bert.of(module("BertModel", **BASE), token_types=True)
    moved = Bert.of(module("RobertaModel", **BASE), token_types=True)

    assert plain.positions(packing).tolist() == [0, 1, 2]
    assert moved.positions(packing).tolist() == [2, 3, 4]


def test_parameters_of_bert_keep_their_names():
    p = {"encoder.layer.0.output.dense.weight": torch.ones(1)}

    assert Family().renamed(p, 2) is p


@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("DistilBertModel", "transformer.layer.1.attention.q_lin.weight",
         ["encoder.layer.1.attention.self.query.weight"]),
        ("DistilBertModel", "transformer.layer.0.output_layer_norm.bias",
         ["encoder.layer.0.output.LayerNorm.bias"]),
        ("AlbertModel", "encoder.albert_layer_groups.0.albert_layers.0.ffn.bias",
         ["encoder.layer.0.intermediate.dense.bias", "encoder.layer.1.intermediate.dense.bias"]),
        ("AlbertModel", "pooler.weight", ["pooler.dense.weight"]),
        ("AlbertModel", "encoder.embedding_hidden_mapping_in.bias", [f"{PROJECTION}.bias"]),
        ("ElectraModel", "embeddings_project.weight", [f"{PROJECTION}.weight"]),
        ("ElectraModel", "encoder.layer.1.output.dense.bias", []),
    ],
)  # fmt: skip
def test_parameters_are_found_under_berts_names_once_for_each_use(name, theirs, ours):
    value = torch.ones(1)
    found = family_of(module(name, **BASE)).renamed({theirs: value}, 2)

    assert set(found) == {theirs, *ours}
    assert all(one is value for one in found.values())
    assert len(MODULES) == 8
