"""Every text architecture of transformers works, with exact derivatives, or is refused by name."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from kit.zoo import tiny_config
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

from metabench.data.encoding import encode
from metabench.data.tokens import TokenTable
from metabench.engine.finetune import FineTuning
from metabench.engine.parameters import named
from metabench.engine.pretrain import Pretraining
from metabench.learning import Episode
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import build_module, load_encoder, load_tokenizer
from metabench.nn.learner import HeadShape, TransformerLearner
from metabench.nn.seeded import seeded
from metabench.nn.trial import tried
from metabench.seeding import Stream
from metabench.session.export.classifier import Classifier
from metabench.session.export.model import TOLERANCE, write_model
from metabench.spec.model.pretraining import PretrainSpec
from metabench.spec.model.sections import FineTuneOptimizer, ModelSpec
from metabench.tasks.architectures import (
    CAUSAL,
    MASKED_LM,
    POOLED,
    USABLE,
)
from metabench.tasks.hub import SHIPPED_ENCODER, Hub
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import MamlOptions

CPU = torch.device("cpu")
HUB = Hub(offline=True)
STREAM = Stream.root(24)
ALPHA = 0.05
TEXTS = (
    ["the owl is happy", "an apple is on the road", "the wolf is sad and the owl is not"],
    ["the wolf is sad", "this apple is red", "an owl"],
)
CLOSE, CLOSE_SINGLE = 1e-9, 1e-5
"""Relative, of float64: both sides sum up in other orders. Some architectures compute norms or
positions in float32 whatever the parameters are; then float32's own error remains."""

FAMILY = {
    "albert", "bert", "camembert", "data2vec-text", "distilbert", "electra", "ernie", "roberta",
    "xlm-roberta",
}  # fmt: skip
OWN_CLASS = {
    "albert", "bert", "ernie", "layoutlm", "luke", "markuplm", "megatron-bert", "mobilebert",
    "rembert", "roc_bert", "squeezebert", "tapas",
}  # fmt: skip
"""Whose classifier in transformers is a linear layer on the encoder's own pooler."""
ZOO = [
    pytest.param(kind, marks=[pytest.mark.zoo] if kind in CAUSAL else [], id=kind)
    for kind in sorted(USABLE)
]
"""The encoders in each run of the tests, the decoders too in ``tox -e zoo``."""


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return load_tokenizer(ModelSpec(id=SHIPPED_ENCODER), hub=HUB)


def tiny_folder(kind, folder):
    """Write a tiny encoder with random weights, far from zero, and a tokenizer."""
    with seeded(1, CPU):
        module = build_module(tiny_config(kind))
        for value in module.parameters():
            torch.nn.init.normal_(value, mean=0.02, std=0.2)
        if kind == "mobilebert":  # which reads a token's neighbours: padding is zero
            module.embeddings.word_embeddings.weight.data[0] = 0
    module.save_pretrained(folder)
    for file in HUB.model_folder(SHIPPED_ENCODER).iterdir():
        if "token" in file.name or "vocab" in file.name:
            shutil.copy(file, folder)
    return folder


def loaded(kind, folder):
    """Return what a run loads of such a folder."""
    model = ModelSpec(id=str(tiny_folder(kind, folder)))
    return load_encoder(model, hub=HUB, stream=STREAM)


def table(tokenizer):
    encoding = encode(TEXTS, tokenizer=tokenizer, max_length=32, cache=None)
    return TokenTable.build(encoding, np.array([0, 1, 1]), max_length=32, device="cpu")


def reference(learner, batch):
    """Return the loss as a function of named parameters, by transformers' own module."""
    encoder, module = learner.encoder, learner.encoder.module
    arguments = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask.long()}
    if encoder.takes_token_types:
        arguments["token_type_ids"] = batch.token_type_ids
    rows = torch.arange(len(batch.labels))
    last = batch.attention_mask.long().cumsum(1).argmax(1)
    weight = batch.attention_mask.double()

    def loss(values: dict[str, torch.Tensor]) -> torch.Tensor:
        own = {name: value for name, value in values.items() if not name.startswith("task.")}
        result = functional_call(module, own, (), arguments)
        states = result.last_hidden_state
        if encoder.pooling == "pooler":
            features = result.pooler_output
        elif encoder.pooling == "last":
            features = states[rows, last]
        else:
            features = torch.einsum("rtw,rt->rw", states, weight) / weight.sum(1, keepdim=True)
        logits = features @ values["task.weight"].T + values["task.bias"]
        return -logits.log_softmax(1)[rows, batch.labels].mean()

    return loss


def derivatives(learner, theta, batch, vector):
    """Return the gradient, and the Hessian times a vector, by transformers and torch alone."""
    places = learner.layout.places("task")
    values = {
        place.name: theta[place.span].view(place.shape).clone().requires_grad_() for place in places
    }
    with sdpa_kernel(SDPBackend.MATH):
        first = torch.autograd.grad(
            reference(learner, batch)(values),
            list(values.values()),
            create_graph=True,
            allow_unused=True,
        )
        along = sum(
            (part * vector[place.span].view(place.shape)).sum()
            for part, place in zip(first, places, strict=True)
            if part is not None
        )
        second = torch.autograd.grad(along, list(values.values()), allow_unused=True)

    def flat(parts):
        found = [
            torch.zeros(place.shape, dtype=theta.dtype) if part is None else part.detach()
            for part, place in zip(parts, places, strict=True)
        ]
        return torch.cat([part.reshape(-1) for part in found])

    return flat(first), flat(second)


class SinglePrecision(TorchDispatchMode):
    """Notes whether anything is computed in float32."""

    seen = False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **kwargs or {})
        self.seen |= any(
            isinstance(part, torch.Tensor) and part.dtype == torch.float32
            for part in torch.utils._pytree.tree_leaves(result)
        )
        return result


@dataclass
class Animal:
    """An architecture as a learner in float64, at some theta, and a padded batch."""

    kind: str
    learner: TransformerLearner
    rows: TokenTable
    tokenizer: Any

    def __post_init__(self):
        self.theta = self.learner.theta(STREAM)
        self.batch = self.batch_of(0, 1, 2)
        with SinglePrecision() as mode, torch.no_grad():
            self.learner.outputs(self.theta, self.batch)
        self.tolerance = CLOSE_SINGLE if mode.seen else CLOSE

    def batch_of(self, *rows):
        return self.rows.batch(np.array(rows), task="task", dropout_seed=None)

    def derivatives(self, theta, batch, vector=None):
        """Return those of transformers and torch, with the product along a random vector."""
        draw = torch.randn(theta.shape, generator=STREAM.child("v").torch(), dtype=theta.dtype)
        return derivatives(self.learner, theta, batch, draw if vector is None else vector), draw

    def close(self, found, expected):
        assert expected.isfinite().all()
        assert expected.abs().max() > 0
        limit = self.tolerance * max(1.0, expected.abs().max())
        assert (found - expected).abs().max() <= limit


@pytest.fixture(scope="module", params=ZOO)
def animal(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo")
    encoder = loaded(request.param, folder)
    encoder.module.double()
    own = load_tokenizer(ModelSpec(id=str(folder)), hub=HUB)  # of the class that belongs to it
    heads = {"task": HeadShape(2, regression=False)}
    learner = TransformerLearner(encoder, heads, CPU, curvature=Curvature())
    return Animal(request.param, learner, table(own), own)


def test_gradients_and_hessian_vector_products_are_those_of_torch(animal):
    theta, batch = animal.theta, animal.batch
    (gradient, product), vector = animal.derivatives(theta, batch)

    animal.close(animal.learner.gradient(theta, batch), gradient)
    animal.close(animal.learner.hvp(theta, batch, vector), product)


def test_a_padded_batch_equals_its_rows_alone(animal):
    together = animal.learner.outputs(animal.theta, animal.batch)

    for row in range(3):
        padded = animal.batch_of(row)
        cut = int(padded.attention_mask.sum())
        alone = replace(
            padded,
            input_ids=padded.input_ids[:, :cut],
            attention_mask=padded.attention_mask[:, :cut],
            token_type_ids=padded.token_type_ids[:, :cut],
        )
        animal.close(animal.learner.outputs(animal.theta, alone)[0], together[row])


def test_a_maml_gradient_has_the_curvature_and_a_fomaml_gradient_has_not(animal):
    """After one inner step: the query's gradient there, times I - alpha H; and that alone."""
    theta, support, query = animal.theta, animal.batch, animal.batch_of(1)
    (gradient, _), _ = animal.derivatives(theta, support)
    (there, _), _ = animal.derivatives(theta - ALPHA * gradient, query)
    (_, bent), _ = animal.derivatives(theta, support, there)
    episode = Episode("task", (support,), (query,), 0, 1, STREAM)

    for second, expected in ((True, there - ALPHA * bent), (False, there)):
        options = MamlOptions(inner_steps=1, inner_lr=ALPHA, second_order=second)
        found = Maml(options).meta_gradient(animal.learner, {"theta": theta}, episode)
        animal.close(found.directions["theta"], expected)


def test_bert_and_its_family_are_computed_by_passes_of_their_own(animal):
    assert (animal.learner.bert is not None) == (animal.kind in FAMILY)


def test_fine_tuning_takes_finite_steps_with_dropout(animal):
    training = FineTuning(animal.learner, "task", FineTuneOptimizer(lr=1e-3, warmup=0.0), 2)

    steps = list(training.run(animal.theta, [replace(animal.batch, dropout_seed=7)] * 2))
    assert all(np.isfinite(step.scalars["gradient_norm"]) for step in steps)


def test_an_exported_model_has_equal_logits_when_it_is_loaded_again(animal, tmp_path):
    learner = replace(animal.learner, encoder=copy.deepcopy(animal.learner.encoder), curvature=None)
    learner.encoder.module.float()
    theta = animal.theta.float()
    values = named(theta, learner.layout)
    model = Classifier(
        encoder=learner.encoder,
        values={place.name: values[place.name] for place in learner.layout.encoder},
        weight=values["task.weight"],
        bias=values["task.bias"],
        labels=("no", "yes"),
        model_id="an/encoder",
    )
    rows = list(zip(*TEXTS, strict=True))
    expected = learner.outputs(theta, animal.batch)

    exported = write_model(model, animal.tokenizer, tmp_path, rows=rows, expected=expected)

    assert exported.largest <= TOLERANCE * max(1.0, float(expected.abs().max()))
    assert exported.plain != (animal.kind in OWN_CLASS)
    assert (tmp_path / "predict.py").exists() == exported.plain


def test_the_tables_say_how_an_architecture_is_pooled(animal):
    kind = animal.kind
    pooling = "last" if kind in CAUSAL else "pooler" if kind in POOLED else "mean"

    assert animal.learner.encoder.pooling == pooling
    trial = tried(animal.learner.encoder.module.float().eval())
    animal.learner.encoder.module.double()
    assert trial.causal == (kind in CAUSAL)


@pytest.mark.parametrize("kind", sorted(MASKED_LM))
def test_an_encoder_with_a_masked_language_model_is_pretrained(kind, tokenizer, tmp_path):
    encoder = loaded(kind, tmp_path)
    training = Pretraining(
        encoder=encoder.module,
        tokenizer=tokenizer,
        tables=[table(tokenizer)],
        settings=PretrainSpec(steps=2, batch_size=3, lr=0.01),
        stream=STREAM,
        device=CPU,
        token_types=encoder.takes_token_types,
    )
    run, values = training.run(), {}
    try:
        while True:
            next(run)
    except StopIteration as stop:
        values = stop.value

    own = dict(encoder.module.named_parameters())
    assert set(own) - set(values) <= {name for name in own if "pooler" in name}
    assert any(not torch.equal(own[name], values[name]) for name in own if name in values)
