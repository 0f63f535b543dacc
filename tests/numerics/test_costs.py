"""What an algorithm says that it costs is what it evaluates."""

from __future__ import annotations

import pytest
from typing_extensions import override

from metabench.engine.meta import MetaTraining
from metabench.learning import SampledTask, TaskSampler
from metabench.nn.curvature import Curvature
from metabench.nn.learner import TransformerLearner
from metabench.plugin.catalog import load_catalog
from metabench.plugin.target import load_target
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaSpec
from metabench.testing import TinyEpisodes, tiny_learner

STREAM = Stream.root(31)
STEPS = 7
TASKS = ("three", "two", "number")
CATALOG = {
    name: entry.value
    for name, entry in load_catalog().algorithms.items()
    if entry.plugin.distribution == "metabench" and entry.value.meta_trains
}
ARGUMENTS = {
    "imaml": {"support_batches": 2, "inner_steps": 3, "cg_steps": 2},
    "maml++": {"inner_steps": 3, "multi_step_share": 0.4, "first_order_share": 0.5},
    "joint": {},
    "pcgrad": {},
}


class AllTasks(TaskSampler):
    """Draws each task once at every step."""

    def __init__(self):
        pass

    @override
    def probabilities(self, step, tasks, state):
        return dict.fromkeys(TASKS, 1 / 3)

    @override
    def draw(self, step, tasks, state, stream):
        return TASKS


def trained(name, **more):
    """Return options and learner after so many steps of meta-training."""
    info = CATALOG[name]
    given = ARGUMENTS.get(name, {"inner_steps": 3})
    options = info.options(**given, **info.preset, **more)
    way = options.uses_curvature()
    learner = tiny_learner(curvature=Curvature(way) if way else None)
    run = MetaTraining(
        algorithm=load_target(info.target)(options),
        sampler=AllTasks(),
        learner=learner,
        source=TinyEpisodes(options.episode_shape(), STREAM),
        tasks=[SampledTask(task, 20, "target") for task in TASKS],
        settings=MetaSpec(),
        steps=STEPS,
        stream=STREAM,
    )
    for _ in run.run(learner.theta(STREAM)):
        pass
    return options, learner


def test_all_that_ships_is_tried_here():
    assert {"anil", "boil", "imaml", "maml", "maml++", "meta-sgd", "pcgrad"} <= set(CATALOG)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_gradients_and_products_are_those_that_were_counted(name):
    options, learner = trained(name)
    cost = options.episode_cost(STEPS)

    episodes = STEPS * len(TASKS)
    assert learner.counter.gradients == pytest.approx(episodes * cost.gradients, rel=1e-12)
    assert learner.counter.hvps == pytest.approx(episodes * cost.products, rel=1e-12)


@pytest.mark.parametrize(("share", "way"), [(0.0, "central"), (0.999, "central"), (1.0, None)])
def test_products_are_taken_unless_every_meta_step_is_of_first_order(share, way):
    options = CATALOG["maml++"].options(curvature="central", first_order_share=share)

    assert options.uses_curvature() == way


def test_of_a_single_meta_step_both_shares_are_the_whole():
    """Of three inner steps all losses count: 3 + 1 + 2 gradients; no products."""
    options = CATALOG["maml++"].options(inner_steps=3)
    cost = options.episode_cost(1)

    assert (cost.gradients, cost.products) == (6, 0)
    assert options.episode_cost(0) == cost


HELD = {
    "joint": 4, "reptile": 4, "fomaml": 4, "pcgrad": 4,  # theta, its end, a gradient, a multiple
    "maml": 4, "anil": 5, "boil": 5,  # four points of the path less one and a direction; a part
    "protomaml": 7,  # MAML's, and what prototypes take
    "meta-sgd": 11,  # 4 points, 3 gradients, rates, 2 directions, a product
    "maml++": 13,  # 4 points, 3 gradients, 3 of the losses, rates, directions
    "imaml": 11,
}  # fmt: skip
"""Vectors of theta's length at a time: of three inner steps, iMAML's of two batches."""


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_what_is_held_at_a_time_is_as_counted_by_hand(name):
    info = CATALOG[name]
    options = info.options(**ARGUMENTS.get(name, {"inner_steps": 3}), **info.preset)
    cost = options.episode_cost(STEPS)

    assert cost.vectors == HELD[name]
    assert (cost.blocks, cost.gathers) == (int(name == "meta-sgd"), name == "pcgrad")
    assert options.episode_shape().query == int(name != "reptile")


@pytest.mark.parametrize(
    "name", sorted(name for name in CATALOG if "support" in CATALOG[name].options.model_fields)
)
def test_one_support_batch_costs_as_many_gradients_and_draws_two_batches(name):
    options, learner = trained(name, support="same")
    fresh = CATALOG[name].options(**ARGUMENTS.get(name, {"inner_steps": 3}))
    cost = options.episode_cost(STEPS)

    assert learner.counter.gradients == pytest.approx(
        STEPS * len(TASKS) * cost.gradients, rel=1e-12
    )
    assert (options.episode_shape().batches, fresh.episode_shape().batches) == (2, 4)


@pytest.mark.parametrize("way", ["central", "forward"])
@pytest.mark.parametrize(
    "name", sorted(name for name in CATALOG if "curvature" in CATALOG[name].options.model_fields)
)
def test_differences_are_gradients_one_more_where_none_was_there_before(name, way):
    options, learner = trained(name, curvature=way)
    cost = options.episode_cost(STEPS)
    each = {"central": 2, "forward": 1}[way]

    found = learner.counter.gradients
    extra = each * (cost.products - cost.alone) + 2 * cost.alone
    if options.uses_curvature() is None:
        extra = 0
    assert found == pytest.approx(STEPS * len(TASKS) * (cost.gradients + extra), rel=1e-12)


@pytest.mark.parametrize("way", ["exact", "central"])
@pytest.mark.parametrize(
    "name", ["anil", "boil", "fomaml", "maml", "maml++", "meta-sgd", "protomaml"]
)
def test_along_a_path_each_product_has_a_gradient_before_it_but_for_forward_differences(name, way):
    assert CATALOG[name].options(curvature=way).episode_cost(STEPS).alone == 0


def test_features_are_gone_through_as_often_as_is_said(monkeypatch):
    """Forward alone is a third of there and back; of three tasks, one asks for a number."""
    calls = []
    features = TransformerLearner.features

    def counted(self, theta, batch):
        calls.append(1.0 if theta.requires_grad else 0.0)
        return features(self, theta, batch)

    monkeypatch.setattr(TransformerLearner, "features", counted)
    options, _ = trained("protomaml")
    cost = options.episode_cost(STEPS)

    of_classes = STEPS * 2
    back, forward = calls.count(1.0), calls.count(0.0)
    assert back + forward / 3 == pytest.approx(of_classes * cost.features)
