"""The laws of parts of theta: their derivatives are slices of the whole, and the rest stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from kit.zoo import tiny_config
from torch.func import functional_call
from torch.nn.functional import cross_entropy, linear

from metabench.engine.finetune import FineTuning
from metabench.engine.snapshot import Snapshot
from metabench.nn.curvature import Curvature
from metabench.nn.encoder import Encoder, build_module
from metabench.nn.learner import TransformerLearner
from metabench.nn.seeded import seeded
from metabench.nn.trained import frozen_names
from metabench.seeding import Stream
from metabench.spec.model.sections import FineTuneOptimizer
from metabench.testing import tiny_batch, tiny_episode, tiny_learner
from metabench.testing.tiny import TINY_HEADS
from metabench_algorithms.imaml import Imaml
from metabench_algorithms.joint import Joint
from metabench_algorithms.maml import Maml
from metabench_algorithms.maml_plus_plus import MamlPlusPlus
from metabench_algorithms.meta_sgd import MetaSgd
from metabench_algorithms.options import (
    ImamlOptions,
    JointOptions,
    MamlOptions,
    MamlPlusPlusOptions,
    MetaSgdOptions,
    PartialMamlOptions,
    PcGradOptions,
    ProtoMamlOptions,
    ReptileOptions,
)
from metabench_algorithms.partial_maml import PartialMaml
from metabench_algorithms.pcgrad import PcGrad
from metabench_algorithms.proto_maml import ProtoMaml
from metabench_algorithms.reptile import Reptile

CPU = torch.device("cpu")
STREAM = Stream.root(2024)
ALPHA = 0.05
PARTS = [
    ["encoder.layers.1"], ["bias"], ["head"], ["embeddings"], ["LayerNorm"], ["query", "value"],
    ["encoder.layers.0", "pooler"], ["word_embeddings"], ["weight"],
]  # fmt: skip
INNER = {"inner_steps": 2, "inner_lr": ALPHA}
ALGORITHMS = {
    "joint": Joint(JointOptions()),
    "maml": Maml(MamlOptions(**INNER)),
    "fomaml": Maml(MamlOptions(**INNER, second_order=False)),
    "reptile": Reptile(ReptileOptions(**INNER)),
    "anil": PartialMaml(PartialMamlOptions(**INNER, inner_part="head")),
    "boil": PartialMaml(PartialMamlOptions(**INNER, inner_part="body")),
    "meta-sgd": MetaSgd(MetaSgdOptions(**INNER)),
    "maml++": MamlPlusPlus(MamlPlusPlusOptions(**INNER, first_order_share=0.0)),
    "imaml": Imaml(ImamlOptions(inner_steps=2, inner_lr=ALPHA, proximal=200.0)),
    "protomaml": ProtoMaml(ProtoMamlOptions(**INNER)),
    "pcgrad": PcGrad(PcGradOptions()),
}


def part_of(whole, train):
    """Return the learner of a part, and the numbers of its parameters in the whole vector."""
    names = [place.name for place in whole.layout.encoder]
    frozen = frozen_names(names, train)
    own = dict(whole.encoder.module.named_parameters())
    part = replace(
        whole, frozen={name: own[name] for name in frozen}, losses=[], counter=type(whole.counter)()
    )
    there = torch.ones(whole.layout.size, dtype=torch.bool)
    for place in whole.layout.encoder:
        there[place.span] = place.name not in frozen
    return part, there


def family(kind, pooling="mean"):
    """Return a learner over an encoder of the zoo, in float64."""
    config = tiny_config(kind)
    with seeded(3, CPU):
        module = build_module(config)
        for value in module.parameters():
            torch.nn.init.normal_(value, std=0.2)
    if pooling != "pooler" and hasattr(module, "pooler"):
        module.pooler = None
    types = getattr(config, "type_vocab_size", 0) > 1
    width = getattr(config, "hidden_size", None) or config.d_model
    encoder = Encoder(module.double(), pooling, width, 0.1, 0.2, types)
    return TransformerLearner(encoder, TINY_HEADS, CPU, curvature=Curvature(at_a_time=32))


def losses_of(learner, theta, batch):
    """Return the loss of transformers' module as a function of trained values, and these."""
    module, pooler = learner.encoder.module, learner.encoder.pooling == "pooler"
    weight, bias = learner.layout.heads[batch.task]
    places = [*learner.layout.encoder, weight, bias]
    values = [theta[place.span].view(place.shape).clone().requires_grad_() for place in places]

    def loss(*values):
        *encoder, weights, biases = values
        named = {place.name: value for place, value in zip(places, encoder, strict=False)}
        mask = batch.attention_mask
        result = functional_call(
            module.eval(),
            named,
            (batch.input_ids, mask.long()),
            {"token_type_ids": batch.token_type_ids} if learner.encoder.takes_token_types else {},
        )
        shares = mask.double()[..., None] / mask.sum(1)[:, None, None]
        features = (result.last_hidden_state * shares).sum(1)
        features = result.pooler_output if pooler else features
        return cross_entropy(linear(features, weights, biases), batch.labels)

    def flat(parts):
        whole = torch.zeros_like(theta)
        for place, part in zip(places, parts, strict=True):
            whole[place.span] = 0 if part is None else part.detach().flatten()
        return whole

    return loss, values, flat


@pytest.mark.parametrize("keep", ["fast", "lean", "auto"])
@pytest.mark.parametrize("pooling", ["pooler", "mean"])
@pytest.mark.parametrize("train", PARTS, ids="+".join)
def test_gradients_and_products_of_a_part_are_those_of_functional_call(train, pooling, keep):
    if "pooler" in train and pooling != "pooler":
        pytest.skip("there is no pooler")
    curvature = Curvature(keep=keep, at_a_time=32)
    whole = tiny_learner(pooling=pooling, attention="eager", curvature=curvature)
    part, there = part_of(whole, train)
    theta = part.theta(STREAM)
    batch = tiny_batch("three", STREAM, dropout=False)
    vector = torch.randn(theta.shape, generator=STREAM.torch(), dtype=theta.dtype)
    loss, values, flat = losses_of(part, theta, batch)
    slopes = torch.autograd.grad(loss(*values), values, create_graph=True)
    weights = [vector[p.span].view(p.shape) for p in part.layout.places("three")]
    along = sum((slope * weight).sum() for slope, weight in zip(slopes, weights, strict=True))
    expected = flat(torch.autograd.grad(along, values, allow_unused=True))

    part.passes.expect([batch])
    gradient = part.gradient(theta, batch)
    found = part.hvp(theta, batch, vector)

    assert torch.equal(theta, whole.theta(STREAM)[there])
    assert (gradient - flat(slopes)).norm() <= 1e-9 * flat(slopes).norm()
    assert (found - expected).norm() <= 1e-9 * expected.norm()


@pytest.mark.parametrize("kind", [
    "albert", "bart", "deberta", "deberta-v2", "distilbert", "gpt2", "llama", "roberta", "t5",
])  # fmt: skip
@pytest.mark.parametrize("train", [["encoder.layers.1"], ["embeddings"]], ids="+".join)
def test_layers_of_every_family_can_be_trained_alone(kind, train):
    whole = family(kind)
    if kind == "albert":  # whose layers are one
        train = [entry.replace("layers.1", "layers.0") for entry in train]
    part, there = part_of(whole, train)
    theta = part.theta(STREAM)
    batch = tiny_batch("three", STREAM)
    vector = torch.randn(theta.shape, generator=STREAM.torch(), dtype=theta.dtype)
    along = torch.zeros(whole.layout.size, dtype=theta.dtype)
    along[there] = vector
    expected = whole.hvp(whole.theta(STREAM), batch, along)[there]
    slope = whole.gradient(whole.theta(STREAM), batch)[there]

    assert 0 < theta.numel() < whole.layout.size
    assert (part.gradient(theta, batch) - slope).norm() <= 1e-9 * slope.norm()
    assert (part.hvp(theta, batch, vector) - expected).norm() <= 1e-9 * expected.norm()


@dataclass(frozen=True)
class Masked:
    """The whole learner, with every derivative for a frozen parameter zero."""

    whole: Any
    there: Any

    def spans(self, task=None):
        """Return the whole's."""
        return self.whole.spans(task)

    def features(self, theta, batch):
        """Return the whole's."""
        return self.whole.features(self._held(theta), batch)

    def loss(self, theta, batch):
        """Return the whole's."""
        return self.whole.loss(self._held(theta), batch)

    def gradient(self, theta, batch, span=None):
        """Return the trained part of the gradient."""
        return self.whole.gradient(theta, batch, span) * self.there

    def hvp(self, theta, batch, vector):
        """Return the trained part of the product."""
        return self.whole.hvp(theta, batch, vector * self.there) * self.there

    def _held(self, theta):
        return torch.where(self.there, theta, theta.detach())


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("train", [["encoder.layers.1"], ["bias"], ["head"]], ids="+".join)
def test_every_algorithm_is_exact_on_a_part(name, train):
    algorithm = ALGORITHMS[name]
    whole = tiny_learner(pooling="pooler")
    part, there = part_of(whole, train)
    shape = algorithm.options.episode_shape()
    episode = tiny_episode("three", STREAM, support=shape.support_steps, query=shape.query)

    def direction(learner, theta):
        meta = algorithm.init(learner, theta)
        return algorithm.meta_gradient(learner, meta, episode).directions["theta"]

    expected = direction(Masked(whole, there), whole.theta(STREAM))[there]
    found = direction(part, part.theta(STREAM))

    assert expected.norm() > 0
    assert (found - expected).norm() <= 1e-9 * expected.norm()


@pytest.mark.parametrize("name", ["maml", "fomaml", "reptile"])
@pytest.mark.parametrize("train", [["encoder.layers.1"], ["bias"]], ids="+".join)
def test_a_meta_gradient_of_a_part_is_that_of_the_unrolled_loop(name, train):
    algorithm = ALGORITHMS[name]
    part, _ = part_of(tiny_learner(attention="eager"), train)
    theta = part.theta(STREAM)
    shape = algorithm.options.episode_shape()
    episode = tiny_episode("two", STREAM, support=2, query=shape.query, dropout=False)
    _, start, flat = losses_of(part, theta, episode.support[0])
    values = start
    for batch in episode.support:
        loss, _, _ = losses_of(part, theta, batch)
        slopes = torch.autograd.grad(loss(*values), values, create_graph=True)
        values = [value - ALPHA * slope for value, slope in zip(values, slopes, strict=True)]
    if name == "reptile":
        expected = flat([a - b for a, b in zip(start, values, strict=True)])
    else:
        loss, _, _ = losses_of(part, theta, episode.query[0])
        expected = flat(torch.autograd.grad(loss(*values), start if name == "maml" else values))

    found = algorithm.meta_gradient(part, {"theta": theta}, episode).directions["theta"]

    assert (found - expected).norm() <= 1e-9 * expected.norm()


def finished(steps):
    """Return the result of training."""
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        return stop.value


@pytest.mark.parametrize("name", ["maml", "reptile"])
def test_meta_training_of_a_part_leaves_the_rest_and_resumes_with_equal_bits(
    name, training, finish
):
    run = training(ALGORITHMS[name], "three", "two", steps=3)
    run.learner, _ = part_of(run.learner, ["encoder.layers.1", "embeddings.LayerNorm"])
    before = {n: v.clone() for n, v in run.learner.encoder.module.named_parameters()}
    theta = run.learner.theta(STREAM)
    steps = run.run(theta)
    state = next(steps).snapshot()
    saved = Snapshot.of(state.step, state.packed(), state.facts, device=CPU)
    whole = finished(steps)
    again = training(ALGORITHMS[name], "three", "two", steps=3)
    again.learner, _ = part_of(again.learner, ["encoder.layers.1", "embeddings.LayerNorm"])
    resumed = finished(again.run(theta, start=saved))

    assert torch.equal(resumed.theta, whole.theta)
    assert not torch.equal(whole.theta, theta)
    assert all(value.numel() == theta.numel() for value in state.tensors.values())
    assert {
        n: v
        for n, v in run.learner.encoder.module.named_parameters()
        if not torch.equal(v, before[n])
    } == {}


def test_fine_tuning_of_a_part_leaves_the_rest_and_resumes_with_equal_bits():
    part, there = part_of(tiny_learner(curvature=None), ["bias"])
    before = {n: v.clone() for n, v in part.encoder.module.named_parameters()}
    training = FineTuning(part, "three", FineTuneOptimizer(lr=0.01), 3)
    batches = [tiny_batch("three", STREAM.child(i)) for i in range(3)]
    theta = part.theta(STREAM)
    steps = training.run(theta, batches)
    state = next(steps).snapshot()
    saved = Snapshot.of(state.step, state.packed(), state.facts, device=CPU)

    whole, resumed = finished(steps), finished(training.run(theta, batches, start=saved))
    numbers = sum(v.numel() for n, v in saved.tensors.items() if n.endswith("exp_avg"))

    assert torch.equal(whole, resumed)
    assert not torch.equal(whole, theta)
    assert numbers == sum(p.stop - p.start for p in part.layout.places("three"))
    assert theta.numel() == int(there.sum()) < len(there)
    assert all(torch.equal(v, before[n]) for n, v in part.encoder.module.named_parameters())
