"""A training loop that goes on from any step ends in the same bits as one that never stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from typing_extensions import override

from metabench.engine.finetune import FineTuning
from metabench.engine.meta import MetaTraining
from metabench.engine.snapshot import Snapshot
from metabench.learning import Algorithm, SampledTask, Schedule
from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.spec.model.sections import FineTuneOptimizer, MetaOptimizer, MetaSpec
from metabench.testing import TinyEpisodes, tiny_batch, tiny_learner
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
from metabench_samplers.adaptive import Adaptive
from metabench_samplers.options import AdaptiveOptions, PpsOptions
from metabench_samplers.pps import Pps

STREAM = Stream.root(29)
TASKS = [SampledTask("three", 30, "auxiliary"), SampledTask("two", 20, "target")]
STEPS = 5


class Momentum(Algorithm[JointOptions]):
    """Joint training along a direction that remembers: an algorithm with blocks and a state."""

    @override
    def init(self, learner, theta):
        return {"theta": theta, "scale": torch.ones(3, dtype=theta.dtype)}

    @override
    def meta_gradient(self, learner, meta, episode):
        found = Joint(self.options).meta_gradient(learner, {"theta": meta["theta"]}, episode)
        directions = {**found.directions, "scale": meta["scale"] * episode.step}
        return replace(found, directions=directions)

    @override
    def combine(self, directions, episodes, state):
        mean, _ = super().combine(directions, episodes, state)
        before = state.get("theta", torch.zeros_like(mean["theta"]))
        kept = 0.9 * before + mean["theta"]
        return {**mean, "theta": kept}, {"theta": kept}


ALGORITHMS = {
    "joint": lambda: Joint(JointOptions()),
    "Reptile": lambda: Reptile(ReptileOptions(inner_steps=2, inner_lr=0.1)),
    "FOMAML": lambda: Maml(MamlOptions(inner_steps=2, inner_lr=0.1, second_order=False)),
    "MAML": lambda: Maml(MamlOptions(inner_steps=2, inner_lr=0.1)),
    "MAML, central": lambda: Maml(MamlOptions(inner_steps=2, inner_lr=0.1, curvature="central")),
    "ANIL": lambda: partial_maml("head"),
    "BOIL": lambda: partial_maml("body"),
    "Meta-SGD": lambda: MetaSgd(MetaSgdOptions(inner_steps=2, inner_lr=0.1, rates_lr=0.01)),
    "MAML++": lambda: MamlPlusPlus(
        MamlPlusPlusOptions(inner_steps=2, inner_lr=0.1, rates_lr=0.01, multi_step_share=0.5)
    ),
    "iMAML": lambda: Imaml(ImamlOptions(support_batches=2, inner_steps=3)),
    "ProtoMAML": lambda: ProtoMaml(ProtoMamlOptions(inner_steps=2, inner_lr=0.1)),
    "PCGrad": lambda: PcGrad(PcGradOptions()),
    "with a state": lambda: Momentum(JointOptions()),
}


def partial_maml(part):
    return PartialMaml(PartialMamlOptions(inner_steps=2, inner_lr=0.1, inner_part=part))


def meta_training(algorithm, optimizer, *, sampler=None, dtype=torch.float64):
    way = algorithm.options.uses_curvature()
    learner = tiny_learner(curvature=Curvature(way) if way else None, dtype=dtype)
    schedule = Schedule(STEPS, STEPS, 2, None)
    return MetaTraining(
        algorithm=algorithm,
        sampler=sampler or Pps(PpsOptions(), schedule),
        learner=learner,
        source=TinyEpisodes(algorithm.options.episode_shape(), STREAM),
        tasks=TASKS,
        settings=MetaSpec(optimizer=MetaOptimizer(name=optimizer, lr=0.01)),
        steps=STEPS,
        stream=STREAM,
    )


def kept(snapshot):
    """Return what a checkpoint keeps of a snapshot: copies, for training goes on to change them."""
    copies = {name: value.clone() for name, value in snapshot.tensors.items()}
    return Snapshot(snapshot.step, copies, snapshot.facts)


def finish(steps, snapshots=None):
    """Return the result and all steps; keep the snapshot after each step."""
    done = []
    while True:
        try:
            done.append(next(steps))
        except StopIteration as stop:
            return stop.value, done
        if snapshots is not None:
            snapshots.append(kept(done[-1].snapshot()))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_meta_training_goes_on_from_any_step(name, optimizer):
    whole = meta_training(ALGORITHMS[name](), optimizer)
    theta = whole.learner.theta(STREAM)
    snapshots = []
    expected, steps = finish(whole.run(theta), snapshots)

    for snapshot in snapshots:
        run = meta_training(ALGORITHMS[name](), optimizer)
        found, rest = finish(run.run(torch.zeros_like(theta), start=snapshot))

        assert torch.equal(found.theta, expected.theta)
        assert found.draws == expected.draws
        assert rest == steps[snapshot.step :]
        assert run.learner.counter == whole.learner.counter


@pytest.mark.parametrize(
    ("way", "dtype"),  # in fp32 differences on so small and curved a model are refused
    [("exact", torch.float32), ("forward", torch.float64)],
)
@pytest.mark.parametrize("name", ["ANIL", "Meta-SGD", "MAML++", "iMAML", "ProtoMAML"])
def test_meta_training_goes_on_from_its_middle_however_products_are_made(name, way, dtype):
    plain = ALGORITHMS[name]()
    algorithm = type(plain)(plain.options.model_copy(update={"curvature": way}))
    whole = meta_training(algorithm, "adam", dtype=dtype)
    theta = whole.learner.theta(STREAM)
    snapshots = []
    expected, steps = finish(whole.run(theta), snapshots)
    middle = snapshots[STEPS // 2]

    run = meta_training(algorithm, "adam", dtype=dtype)
    found, rest = finish(run.run(torch.zeros_like(theta), start=middle))

    assert found.theta.dtype == dtype
    assert torch.equal(found.theta, expected.theta)
    assert rest == steps[middle.step :]


def test_an_adaptive_sampler_goes_on_from_any_step_with_what_it_remembers():
    def run():
        sampler = Adaptive(AdaptiveOptions(power=5.0), Schedule(STEPS, STEPS, 2, None))
        return meta_training(ALGORITHMS["joint"](), "adam", sampler=sampler)

    whole, snapshots = run(), []
    theta = whole.learner.theta(STREAM)
    expected, _ = finish(whole.run(theta), snapshots)

    for snapshot in snapshots:
        again = run()
        found, _ = finish(again.run(torch.zeros_like(theta), start=snapshot))
        assert torch.equal(found.theta, expected.theta)
        assert again.sampler_state == whole.sampler_state
    assert {"first/two", "mean/three"} <= set(whole.sampler_state)


@pytest.mark.parametrize("dropout", [True, False])
def test_fine_tuning_goes_on_from_any_step(dropout):
    batches = [tiny_batch("two", STREAM.child(i), dropout=dropout) for i in range(STEPS)]
    settings = FineTuneOptimizer(lr=0.01, warmup=0.3, weight_decay=0.1)

    def run(learner, start=None):
        training = FineTuning(learner, "two", settings, STEPS)
        return training.run(theta, iter(batches), start=start)

    whole = tiny_learner(curvature=None)
    theta = whole.theta(STREAM)
    snapshots = []
    expected, steps = finish(run(whole), snapshots)

    assert [snapshot.step for snapshot in snapshots] == [1, 2, 3, 4, 5]
    for snapshot in snapshots:
        learner = tiny_learner(curvature=None)
        found, rest = finish(run(learner, snapshot))

        assert torch.equal(found, expected)
        assert rest == steps[snapshot.step :]
        assert learner.counter == whole.counter
