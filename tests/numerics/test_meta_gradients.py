"""Every meta-gradient is the gradient of its meta-objective, with respect to all blocks.

The objectives are written here once more, as unrolled loops over ``learner.loss``.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.testing import tiny_episode, tiny_learner
from metabench_algorithms.imaml import Imaml
from metabench_algorithms.maml_plus_plus import MamlPlusPlus
from metabench_algorithms.meta_sgd import MetaSgd
from metabench_algorithms.options import (
    ImamlOptions,
    MamlPlusPlusOptions,
    MetaSgdOptions,
    PartialMamlOptions,
    ProtoMamlOptions,
)
from metabench_algorithms.partial_maml import PartialMaml
from metabench_algorithms.proto_maml import ProtoMaml

STREAM = Stream.root(2020)
ALPHA = 0.05
STRENGTH, PROXIMAL_LR, PROXIMAL_STEPS = 200.0, 1 / 200, 28  # enough to solve it to 1e-12
SECOND_ORDER = ["anil", "boil", "meta-sgd", "maml++", "imaml", "protomaml"]
TASKS = ["three", "two", "number"]


def algorithm(name, **given):
    if name == "imaml":
        inner = {"inner_steps": PROXIMAL_STEPS, "inner_lr": PROXIMAL_LR, "proximal": STRENGTH}
        return Imaml(ImamlOptions(support_batches=2, **inner, cg_steps=30, **given))
    common = {"inner_steps": 3, "inner_lr": ALPHA, **given}
    if name in {"anil", "boil"}:
        part = {"anil": "head", "boil": "body"}[name]
        return PartialMaml(PartialMamlOptions(**common, inner_part=part))
    if name == "maml++":
        # At step 1 of 4 the weights are neither equal nor all on the last loss.
        more = {"multi_step_share": 0.5, "first_order_share": 0.0}
        return MamlPlusPlus(MamlPlusPlusOptions(**common, **more))
    kind = {"meta-sgd": MetaSgd, "protomaml": ProtoMaml}[name]
    return kind({"meta-sgd": MetaSgdOptions, "protomaml": ProtoMamlOptions}[name](**common))


def setting(name, task, *, dropout=True, **how):
    """Return algorithm, learner, blocks with rates that are not all alike, and an episode."""
    curvature = how.pop("curvature", "exact")
    learner = tiny_learner(curvature=Curvature(curvature), pooling="pooler", **how)
    method = algorithm(name, curvature=curvature)
    blocks = method.init(learner, learner.theta(STREAM))
    if "rates" in blocks:
        noise = torch.rand(blocks["rates"].shape, generator=STREAM.child("rates").torch())
        blocks = {**blocks, "rates": blocks["rates"] * (0.5 + noise.to(blocks["rates"].dtype))}
    shape = method.options.episode_shape()
    stream = STREAM.child(task)
    episode = tiny_episode(task, stream, support=shape.support, query=1, dropout=dropout)
    return method, learner, blocks, replace(episode, step=1, total_steps=4)


# -- the objectives, unrolled ------------------------------------------------------------------


def inner_gradient(learner, theta, batch):
    """Return the gradient, as a function of what theta is one of."""
    second = theta.requires_grad
    theta = theta if second else theta.clone().requires_grad_()
    (found,) = torch.autograd.grad(learner.loss(theta, batch), theta, create_graph=second)
    return found


def objective(name, learner, blocks, episode):
    return OBJECTIVES[name](learner, episode, **blocks)


def partial(keeps_head):
    def value(learner, episode, theta):
        head = learner.layout.head(episode.task)
        mask = torch.zeros_like(theta)
        mask[: learner.layout.encoder[-1].stop] = float(not keeps_head)
        mask[head] = float(keeps_head)
        for batch in episode.support:
            theta = theta - ALPHA * mask * inner_gradient(learner, theta, batch)
        return learner.loss(theta, episode.query[0])

    return value


def meta_sgd(learner, episode, theta, rates):
    for batch in episode.support:
        theta = theta - rates * inner_gradient(learner, theta, batch)
    return learner.loss(theta, episode.query[0])


def layer_of_each_parameter(learner, task):
    """Return 0 for the pooler, 1 for embeddings, 2 and 3 for the layers, 4 for the head."""
    numbers = torch.zeros(learner.layout.size, dtype=torch.int64)
    for place in learner.layout.encoder:
        for mark, number in {"embeddings": 1, "layer.0.": 2, "layer.1.": 3}.items():
            if mark in place.name:
                numbers[place.span] = number
    numbers[learner.layout.head(task)] = 4
    return numbers


def maml_plus_plus(learner, episode, theta, rates):
    layers, total = layer_of_each_parameter(learner, episode.task), 0.0
    for batch, rate, weight in zip(episode.support, rates, (1 / 6, 1 / 6, 4 / 6), strict=True):
        theta = theta - rate[layers] * inner_gradient(learner, theta, batch)
        total = total + weight * learner.loss(theta, episode.query[0])
    return total


def imaml(learner, episode, theta):
    phi = theta
    for _ in range(PROXIMAL_STEPS):
        pull = sum(inner_gradient(learner, phi, batch) for batch in episode.support) / 2
        phi = phi - PROXIMAL_LR * (pull + STRENGTH * (phi - theta))
    return learner.loss(phi, episode.query[0])


def prototype_head(learner, episode, theta):
    """Return the head of the support set's prototypes, or theta's where there is no row."""
    weight, bias = learner.layout.heads[episode.task]
    features = torch.cat([learner.features(theta, batch) for batch in episode.support])
    labels = torch.cat([batch.labels for batch in episode.support])
    weights, biases = [], []
    for number in range(weight.shape[0]):
        rows = features[labels == number]
        if len(rows):
            weights.append(2 * rows.mean(0))
            biases.append(-(rows.mean(0) ** 2).sum())
        else:
            weights.append(theta[weight.span].view(weight.shape)[number])
            biases.append(theta[bias.span][number])
    return torch.cat([*weights, torch.stack(biases)])


def proto_maml(learner, episode, theta):
    head = learner.layout.head(episode.task)
    if episode.task != "number":
        made = prototype_head(learner, episode, theta)
        theta = torch.cat([theta[: head.start], made, theta[head.stop :]])
    for batch in episode.support:
        theta = theta - ALPHA * inner_gradient(learner, theta, batch)
    return learner.loss(theta, episode.query[0])


OBJECTIVES = {
    "anil": partial(keeps_head=True),
    "boil": partial(keeps_head=False),
    "meta-sgd": meta_sgd,
    "maml++": maml_plus_plus,
    "imaml": imaml,
    "protomaml": proto_maml,
}


# -- the laws ----------------------------------------------------------------------------------


def compared(name, learner, episode, blocks):
    """Return blocks without what is not a gradient: a head that is drawn to prototypes."""
    if name != "protomaml" or episode.task == "number":
        return dict(blocks)
    theta = blocks["theta"].clone()
    theta[learner.layout.head(episode.task)] = 0
    return {**blocks, "theta": theta}


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("dropout", [True, False])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_all_blocks_agree_with_backpropagation_through_the_unrolled_loop(name, task, dropout):
    method, learner, blocks, episode = setting(name, task, dropout=dropout)
    leaves = {key: value.clone().requires_grad_() for key, value in blocks.items()}
    value = objective(name, learner, leaves, episode)
    expected = dict(zip(leaves, torch.autograd.grad(value, leaves.values()), strict=True))

    found = method.meta_gradient(learner, blocks, episode).directions

    found = compared(name, learner, episode, found)
    expected = compared(name, learner, episode, expected)
    assert set(found) == set(blocks)
    for key in blocks:
        assert relative(found[key], expected[key]) < 1e-10


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_all_blocks_agree_with_finite_differences(name, task):
    """Central differences, extrapolated once, along directions that move all; dropout is on."""
    method, learner, blocks, episode = setting(name, task)
    found = method.meta_gradient(learner, blocks, episode).directions
    found = compared(name, learner, episode, found)

    def value(direction, h):
        moved = {key: blocks[key] + h * direction[key] for key in blocks}
        return objective(name, learner, moved, episode).item()

    def slope(direction, h):
        return (value(direction, h) - value(direction, -h)) / (2 * h)

    for index in range(2):
        generator = STREAM.child("direction", index).torch()
        direction = {
            key: torch.randn(block.shape, generator=generator, dtype=block.dtype)
            for key, block in blocks.items()
        }
        direction = compared(name, learner, episode, direction)
        direction = {key: value / value.norm() for key, value in direction.items()}
        expected = (4 * slope(direction, 1e-4) - slope(direction, 2e-4)) / 3

        product = sum((found[key] * direction[key]).sum().item() for key in blocks)
        assert product == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("way", ["central", "forward"])
@pytest.mark.parametrize("name", SECOND_ORDER)
def test_in_fp32_differences_of_gradients_come_near_exact_curvature(name, way):
    """Each product is off by 2e-4 or 2e-3, and there are up to three of them.

    In a network as small as this one rounding is nearly all of it, twice as much at a central step
    of 5e-6 as at 1e-5; a large one bends more than it rounds (`metabench.nn.curvature.step_size`).
    Prototypes are larger than a fresh head, and gradients bend more there.
    """
    bound = {"central": 6e-4, "forward": 6e-3}[way] * (2 if name == "protomaml" else 1)
    method, learner, blocks, episode = setting(name, "three", dtype=torch.float32, curvature=way)
    exact, other, _, _ = setting(name, "three", dtype=torch.float32)
    learner.passes.expect(episode.support)
    expected = exact.meta_gradient(other, blocks, episode).directions

    found = method.meta_gradient(learner, blocks, episode).directions

    for key in blocks:
        assert found[key].dtype == torch.float32
        assert relative(found[key], expected[key]) < bound


@pytest.mark.parametrize("name", ["anil", "boil", "meta-sgd", "protomaml"])
def test_without_second_derivatives_the_inner_gradients_are_constants(name, monkeypatch):
    _, learner, blocks, episode = setting(name, "two")
    method = algorithm(name, second_order=False)
    leaves = {key: value.clone().requires_grad_() for key, value in blocks.items()}

    def constant(learner, theta, batch):
        (found,) = torch.autograd.grad(learner.loss(theta, batch), theta)
        return found

    monkeypatch.setitem(globals(), "inner_gradient", constant)
    value = objective(name, learner, leaves, episode)
    expected = dict(zip(leaves, torch.autograd.grad(value, leaves.values()), strict=True))

    found = method.meta_gradient(learner, blocks, episode).directions

    found = compared(name, learner, episode, found)
    expected = compared(name, learner, episode, expected)
    for key in blocks:
        assert relative(found[key], expected[key]) < 1e-10
    assert learner.counter.hvps == 0


@pytest.mark.parametrize("name", SECOND_ORDER)
def test_nothing_that_is_passed_in_is_written_to(name):
    method, learner, blocks, episode = setting(name, "three")
    before = {key: value.clone() for key, value in blocks.items()}

    method.meta_gradient(learner, blocks, episode)

    assert all(torch.equal(blocks[key], before[key]) for key in blocks)
