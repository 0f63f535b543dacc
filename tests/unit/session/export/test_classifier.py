"""A model handed to transformers computes what the learner computes, in either form."""

from __future__ import annotations

import pytest
import torch
import transformers

from metabench.nn.encoder import load_encoder, load_tokenizer
from metabench.nn.seeded import seeded
from metabench.seeding import Stream
from metabench.session.export.classifier import (
    Classifier,
    as_classifier,
    as_encoder,
    classifier_outputs,
    script_outputs,
    script_text,
)
from metabench.spec.model.sections import ModelSpec
from metabench.tasks.hub import SHIPPED_ENCODER, Hub

HUB = Hub(offline=True)
ROWS = [("the owl is happy", "the wolf is sad"), ("an apple", "this apple is on the road")]
SHIPPED = ModelSpec(id=SHIPPED_ENCODER, weights="random")


def classifier(spec, labels=("no", "yes")):
    encoder = load_encoder(spec, hub=HUB, stream=Stream.root(0))
    draw = Stream.root(5).torch()
    values = {
        name: torch.randn(value.shape, generator=draw) * 0.1
        for name, value in encoder.module.named_parameters()
    }
    outputs = len(labels) or 1
    weight = torch.randn((outputs, encoder.width), generator=draw)
    return Classifier(encoder, values, weight, torch.arange(float(outputs)), labels, "an/encoder")


def states(model):
    """Return the encoder's outputs for the rows, with the values that are to be exported."""
    tokenizer = load_tokenizer(SHIPPED, hub=HUB)
    encoded = tokenizer(*map(list, zip(*ROWS, strict=True)), padding=True, return_tensors="pt")
    model.encoder.module.load_state_dict(model.values)
    with torch.inference_mode():
        return model.encoder.module(**encoded), encoded["attention_mask"].unsqueeze(-1)


def save_tokenizer(folder):
    tokenizer = load_tokenizer(SHIPPED, hub=HUB)
    tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    tokenizer.save_pretrained(folder)


@pytest.mark.parametrize("labels", [("no", "yes"), ("a", "b", "c"), ()])
def test_with_a_pooler_the_class_of_transformers_computes_the_same(tmp_path, labels):
    model = classifier(SHIPPED.model_copy(update={"pooling": "pooler"}), labels)
    result, _ = states(model)
    expected = result.pooler_output @ model.weight.T + model.bias

    as_classifier(model).save_pretrained(tmp_path)
    save_tokenizer(tmp_path)

    torch.testing.assert_close(classifier_outputs(tmp_path, ROWS), expected, atol=1e-5, rtol=1e-5)
    config = transformers.AutoConfig.from_pretrained(tmp_path)
    assert config.id2label == dict(enumerate(labels or ("score",)))
    assert config.num_labels == len(config.label2id) == (len(labels) or 1)
    assert config.problem_type == ("single_label_classification" if labels else "regression")


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
def test_the_script_computes_the_same_with_every_pooling(tmp_path, pooling):
    import safetensors.torch

    model = classifier(SHIPPED.model_copy(update={"pooling": pooling}))
    result, mask = states(model)
    features = {
        "mean": (result.last_hidden_state * mask).sum(1) / mask.sum(1),
        "cls": result.last_hidden_state[:, 0],
        "pooler": result.pooler_output,
    }[pooling]

    encoder, head = as_encoder(model)
    encoder.save_pretrained(tmp_path)
    safetensors.torch.save_file(head, tmp_path / "classifier.safetensors")
    save_tokenizer(tmp_path)

    expected = features @ model.weight.T + model.bias
    torch.testing.assert_close(script_outputs(tmp_path, ROWS), expected, atol=1e-5, rtol=1e-5)


def test_without_the_encoders_own_pooler_no_class_of_transformers_is_claimed():
    assert as_classifier(classifier(SHIPPED)) is None


def test_a_class_whose_head_is_more_than_one_layer_is_not_claimed(tmp_path):
    config = transformers.RobertaConfig(
        vocab_size=40, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8,
    )  # fmt: skip
    with seeded(1, torch.device("cpu")):
        transformers.RobertaModel(config).save_pretrained(tmp_path)

    assert as_classifier(classifier(ModelSpec(id=str(tmp_path), pooling="pooler"))) is None


def test_making_a_model_leaves_ambient_randomness_and_the_encoder_as_they_were():
    model = classifier(SHIPPED.model_copy(update={"pooling": "pooler"}))
    before = torch.random.get_rng_state()
    held = {name: value.clone() for name, value in model.encoder.module.state_dict().items()}

    as_classifier(model)
    as_encoder(model)

    now = model.encoder.module.state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(now[name], value) for name, value in held.items())


def test_the_script_needs_nothing_of_metabench():
    imports = [line for line in script_text().splitlines() if line.startswith(("import", "from"))]

    assert not [line for line in imports if "metabench" in line]
    assert {"import torch", "import transformers", "import safetensors.torch"} <= set(imports)
