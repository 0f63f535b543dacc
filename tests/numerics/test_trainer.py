"""Fine-tuning is transformers' fine-tuning: Trainer and sequence classification as references."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import transformers

from metabench.learning import Batch
from metabench.nn.encoder import load_encoder
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.nn.seeded import seeded
from metabench.plugin.catalog import load_catalog
from metabench.seeding import Stream
from metabench.spec.model.sections import FineTuneSpec, ModelSpec
from metabench.tasks.hub import Hub
from parity import ours, theirs
from parity.setting import Setting

MIRROR = os.environ.get("METABENCH_HUB", "")


def setting(task, model, hub, *, batch_size, limit):
    """Return a setting in float64: in float32, what rounds differently grows to some 1e-5."""
    return Setting(
        card=load_catalog().task(task).value,
        model=model,
        finetune=FineTuneSpec(batch_size=batch_size, optimizer={"lr": 2e-5}),
        hub=hub,
        dropout=False,
        dtype=torch.float64,
        limit=limit,
    )


def losses_of_both(shared):
    return [side.fine_tune(shared, scored=False).losses for side in (ours, theirs)]


@pytest.mark.parametrize("task", ["embedded/entailment", "embedded/similarity"])
@pytest.mark.slow
def test_every_loss_is_trainers_on_a_random_encoder(task):
    model = ModelSpec(id="embedded/encoder", weights="random", max_length=32)

    found, expected = losses_of_both(
        setting(task, model, Hub(offline=True), batch_size=16, limit=30)
    )

    assert len(found) == len(expected) == 30
    assert found == pytest.approx(expected, rel=0, abs=1e-12)


@pytest.mark.skipif(not MIRROR, reason="METABENCH_HUB names no mirror of the hub")
@pytest.mark.slow
def test_the_first_100_losses_on_rte_are_trainers():
    model = ModelSpec(id="sentence-transformers/paraphrase-MiniLM-L3-v2", max_length=32)

    found, expected = losses_of_both(
        setting("glue/rte", model, Hub(Path(MIRROR), offline=True), batch_size=2, limit=100)
    )

    assert len(found) == len(expected) == 100
    assert found == pytest.approx(expected, rel=0, abs=1e-12)


def test_trainer_is_told_nothing_but_the_order():
    """Its optimizer, its decay mask and its schedule are its own."""
    overridden = {name for name in vars(theirs._Trainer) if not name.startswith("__")}

    assert overridden - set(dir(object)) == {"get_train_dataloader"}


@pytest.fixture
def classifier(request, tmp_path):
    """Return transformers' own classifier, two layers with a pooler, and the folder it lies in."""
    config = transformers.BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        initializer_range=0.3,
        num_labels=request.param,
    )
    with seeded(5, torch.device("cpu")):
        model = transformers.AutoModelForSequenceClassification.from_config(config).eval()
        torch.nn.init.normal_(model.classifier.bias)
    model.save_pretrained(tmp_path)
    return model, tmp_path


def batch_of(labels):
    draw = Stream.root(2).numpy()
    lengths = torch.tensor([3, 9, 5, 7])
    mask = torch.arange(9) < lengths[:, None]
    ids = torch.from_numpy(draw.integers(1, 40, size=(4, 9))) * mask
    types = (torch.arange(9) >= 3) * mask * 1
    return Batch("task", ids, mask, types, labels)


@pytest.mark.parametrize(
    ("classifier", "labels"),
    [
        (3, torch.tensor([0, 2, 1, 1])),
        (2, torch.tensor([1, 0, 1, 1])),
        (1, torch.tensor([0.5, 2.0, 4.5, 3.0])),
    ],
    ids=["three classes", "two classes", "a number"],
    indirect=["classifier"],
)
def test_with_a_pooler_body_head_and_loss_are_those_of_sequence_classification(classifier, labels):
    model, folder = classifier
    batch = batch_of(labels)
    encoder = load_encoder(ModelSpec(id=str(folder)), hub=Hub(offline=True), stream=Stream.root(0))
    outputs = model.config.num_labels
    head = HeadShape(outputs, regression=outputs == 1)
    learner = TransformerLearner(encoder, {"task": head}, torch.device("cpu"))
    theta = learner.theta(Stream.root(0))
    weights = (model.classifier.weight, model.classifier.bias)
    theta[learner.layout.head("task")] = torch.cat([w.detach().reshape(-1) for w in weights])
    with torch.no_grad():
        expected = model(
            input_ids=batch.input_ids,
            attention_mask=batch.attention_mask,
            token_type_ids=batch.token_type_ids,
            labels=labels,
        )

    assert encoder.pooling == "pooler"
    assert encoder.head_dropout == model.dropout.p
    assert torch.allclose(learner.outputs(theta, batch), expected.logits, rtol=0, atol=1e-6)
    assert torch.allclose(learner.loss(theta, batch), expected.loss, rtol=0, atol=1e-6)
