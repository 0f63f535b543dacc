"""The laws of meta-training as a whole, with real samplers and algorithms on a tiny model."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from typing_extensions import override

from metabench.engine.meta import MetaTraining
from metabench.errors import DivergedError, PluginError
from metabench.learning import Algorithm, MetaGradient, SampledTask, TaskSampler
from metabench.nn.curvature import Curvature
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaOptimizer, MetaSpec
from metabench.testing import TinyEpisodes, tiny_learner
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

STREAM = Stream.root(17)
TASKS = [SampledTask("three", 30, "auxiliary"), SampledTask("two", 20, "target")]


class Fixed(TaskSampler):
    """Draws the same tasks at every step."""

    def __init__(self, *names):
        self.names = names

    @override
    def probabilities(self, step, tasks, state):
        return {name: self.names.count(name) / len(self.names) for name in self.names}

    @override
    def draw(self, step, tasks, state, stream):
        return self.names


def training(algorithm, *names, optimizer=None, steps=2):
    learner = tiny_learner(curvature=Curvature() if algorithm.options.uses_curvature() else None)
    return MetaTraining(
        algorithm=algorithm,
        sampler=Fixed(*names),
        learner=learner,
        source=TinyEpisodes(algorithm.options.episode_shape(), STREAM),
        tasks=TASKS,
        settings=MetaSpec(optimizer=optimizer or MetaOptimizer(lr=0.01)),
        steps=steps,
        stream=STREAM,
        provider="test 1.0",
    )


def finish(run, theta):
    steps = run.run(theta)
    done = []
    while True:
        try:
            done.append(next(steps))
        except StopIteration as stop:
            return stop.value, done


ALGORITHMS = [
    Joint(JointOptions()),
    Maml(MamlOptions(inner_steps=2)),
    Maml(MamlOptions(inner_steps=2, second_order=False)),
    Reptile(ReptileOptions(inner_steps=2)),
    PartialMaml(PartialMamlOptions(inner_steps=2, inner_part="head")),
    PartialMaml(PartialMamlOptions(inner_steps=2, inner_part="body")),
    MetaSgd(MetaSgdOptions(inner_steps=2)),
    MamlPlusPlus(MamlPlusPlusOptions(inner_steps=2)),
    Imaml(ImamlOptions(inner_steps=2)),
    ProtoMaml(ProtoMamlOptions(inner_steps=2)),
    PcGrad(PcGradOptions()),
]


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda rule: type(rule).__name__)
def test_heads_of_tasks_that_were_not_drawn_do_not_move(algorithm):
    run = training(algorithm, "three", "three")
    theta = run.learner.theta(STREAM)
    before = theta.clone()

    found, _ = finish(run, theta)

    head = run.learner.layout.head
    assert torch.equal(theta, before)
    assert torch.equal(found.theta[head("two")], theta[head("two")])
    assert torch.equal(found.theta[head("number")], theta[head("number")])
    assert not torch.equal(found.theta[head("three")], theta[head("three")])


class Alternating(Fixed):
    """Draws the first task at even steps, the second at odd ones."""

    @override
    def draw(self, step, tasks, state, stream):
        return (self.names[step % 2],)


class Noting(MetaSgd):
    """Meta-SGD that shows its rates in the end."""

    @override
    def initialisation(self, learner, meta):
        self.rates = meta["rates"].clone()
        return meta["theta"]


@pytest.mark.parametrize("steps", [1, 2])
def test_rates_of_heads_of_tasks_that_were_not_drawn_do_not_move(steps):
    """Adam would go on moving the first task's rates at the second's step."""
    algorithm = Noting(MetaSgdOptions(inner_lr=0.1, rates_lr=0.01))
    run = replace(training(algorithm, "three", steps=steps), sampler=Alternating("three", "two"))

    finish(run, run.learner.theta(STREAM))

    head, rates = run.learner.layout.head, algorithm.rates
    one_step_of_adam = torch.tensor(0.01, dtype=torch.float64)
    assert torch.allclose((rates[head("three")] - 0.1).abs(), one_step_of_adam, rtol=1e-3)
    assert rates[head("two")].eq(0.1).all() == (steps == 1)
    assert rates[head("number")].eq(0.1).all()


def test_a_heads_direction_is_averaged_over_its_own_episodes_the_encoders_over_all():
    """With SGD of rate 1 the step is the direction itself, so it can be computed by hand."""
    run = training(
        Joint(JointOptions()), "three", "two", "three",
        optimizer=MetaOptimizer(name="sgd", lr=1.0), steps=1,
    )  # fmt: skip
    theta = run.learner.theta(STREAM)
    rows = TinyEpisodes(JointOptions().episode_shape(), STREAM)
    gradients = [
        run.learner.gradient(theta, rows.episode(task, visit=visit, step=0, total_steps=1).query[0])
        for task, visit in (("three", 0), ("two", 0), ("three", 1))
    ]
    encoder, three, two = (
        run.learner.spans()["encoder"],
        run.learner.layout.head("three"),
        run.learner.layout.head("two"),
    )

    moved = theta - finish(run, theta)[0].theta

    close = {"rtol": 0, "atol": 1e-12}
    assert torch.allclose(moved[encoder], sum(gradients)[encoder] / 3, **close)
    assert torch.allclose(moved[three], (gradients[0] + gradients[2])[three] / 2, **close)
    assert torch.allclose(moved[two], gradients[1][two], **close)


@pytest.mark.parametrize("alpha", [1e-6, 1e-1])
def test_reptile_of_one_inner_step_is_joint_training_whatever_its_rate(alpha):
    """Adam's epsilon meets the mean gradient of the inner loop, not alpha times that."""
    joint, reptile = (
        training(algorithm, "three", "two", optimizer=MetaOptimizer(lr=0.01, eps=1e-3), steps=10)
        for algorithm in (
            Joint(JointOptions()),
            Reptile(ReptileOptions(inner_steps=1, inner_lr=alpha)),
        )
    )
    expected = finish(joint, joint.learner.theta(STREAM))[0].theta

    found = finish(reptile, reptile.learner.theta(STREAM))[0].theta

    assert torch.allclose(found, expected, rtol=0, atol=1e-9)


def test_the_order_of_a_meta_batch_does_not_matter():
    one, other = (
        finish(run, run.learner.theta(STREAM))[0].theta
        for run in (
            training(ALGORITHMS[3], "three", "two"),
            training(ALGORITHMS[3], "two", "three"),
        )
    )

    assert torch.allclose(one, other, rtol=0, atol=1e-9)


def test_two_runs_of_one_seed_are_equal_to_the_bit():
    one, other = (
        finish(run, run.learner.theta(STREAM))
        for run in (training(ALGORITHMS[1], "three"), training(ALGORITHMS[1], "three"))
    )

    assert torch.equal(one[0].theta, other[0].theta)
    assert [done.scalars for done in one[1]] == [done.scalars for done in other[1]]


def test_losses_are_logged_of_the_first_gradient_and_of_the_last_of_each_episode():
    """Before: at theta on the first support batch; after: at theta_k on the query batch."""
    alpha = 0.1
    algorithm = Maml(MamlOptions(inner_steps=2, inner_lr=alpha, second_order=False))
    run = training(algorithm, "three", "two", steps=1)
    theta = run.learner.theta(STREAM)
    rows = TinyEpisodes(algorithm.options.episode_shape(), STREAM)
    other, before, after = tiny_learner(curvature=None), [], []
    for task in ("three", "two"):
        episode = rows.episode(task, visit=0, step=0, total_steps=1)
        before.append(other.loss(theta, episode.support[0]).item())
        end = theta
        for batch in episode.support:
            end = end - alpha * other.gradient(end, batch)
        after.append(other.loss(end, episode.query[0]).item())

    _, (done,) = finish(run, theta)

    assert done.scalars["loss_before"] == pytest.approx(sum(before) / 2, rel=1e-9)
    assert done.scalars["loss_after"] == pytest.approx(sum(after) / 2, rel=1e-9)


def test_a_sampler_is_told_the_mean_last_loss_of_each_task():
    told = []

    class Listening(Fixed):
        def update(self, state, losses):
            told.append(losses)
            return state

    run = training(Joint(JointOptions()), "three", steps=1)
    run.sampler = Listening("three", "two", "three")
    theta = run.learner.theta(STREAM)
    rows = TinyEpisodes(JointOptions().episode_shape(), STREAM)

    def loss(task, visit):
        batch = rows.episode(task, visit=visit, step=0, total_steps=1).query[0]
        return tiny_learner(curvature=None).loss(theta, batch).item()

    finish(run, theta)

    assert told == [
        {
            "three": pytest.approx((loss("three", 0) + loss("three", 1)) / 2, rel=1e-9),
            "two": pytest.approx(loss("two", 0), rel=1e-9),
        }
    ]


def test_draws_are_counted():
    run = training(ALGORITHMS[0], "three", "two", "two")

    found, done = finish(run, run.learner.theta(STREAM))

    assert found.draws == {"three": 2, "two": 4}
    assert [step.step for step in done] == [1, 2]


def test_a_loss_that_is_not_finite_names_step_and_task():
    run = training(Joint(JointOptions()), "three", "two")
    theta = run.learner.theta(STREAM)
    theta[run.learner.layout.head("two").start] = float("nan")

    with pytest.raises(DivergedError, match="a loss is nan") as caught:
        finish(run, theta)
    assert caught.value.where == "meta step 1, task two"


class Wrong(Algorithm):
    """Returns or raises what it is told to."""

    def __init__(self, what):
        super().__init__(JointOptions())
        self.what = what

    @override
    def meta_gradient(self, learner, meta, episode):
        return MetaGradient({"theta": self.what(meta["theta"])})


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (lambda theta: theta[:-1], "gave torch.float64"),
        (lambda theta: theta.float(), "gave torch.float32"),
        (lambda theta: theta.nosuch, "raised AttributeError"),
    ],
)
def test_what_an_algorithm_does_wrong_is_named_with_its_distribution(what, message):
    run = training(Wrong(what), "three")

    with pytest.raises(PluginError, match=message) as caught:
        finish(run, run.learner.theta(STREAM))
    assert caught.value.where == "test 1.0"


@pytest.mark.parametrize(("names", "said"), [(("four",), r"\['four'\]"), ((), "'no task'")])
def test_a_sampler_that_draws_what_is_not_there_is_stopped(names, said):
    steps = training(Joint(JointOptions()), *names)
    theta = steps.learner.theta(STREAM)

    with pytest.raises(PluginError, match=rf"drew {said}, which is not among the tasks") as caught:
        next(steps.run(theta))
    assert caught.value.hint == "mend the sampler"


class Writes(Joint):
    """Joint training that writes to something of what it is given."""

    def __init__(self, deed):
        super().__init__(JointOptions())
        self.deed = deed

    @override
    def meta_gradient(self, learner, meta, episode):
        found = super().meta_gradient(learner, meta, episode)
        self.deed(meta, episode)
        return found


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (lambda meta, _: meta["theta"].mul_(0.5), "block 'theta'"),
        (lambda meta, _: meta["theta"][3:5].zero_(), "block 'theta'"),
        (lambda _, episode: episode.query[0].labels.zero_(), "labels of query batch 0"),
        (lambda _, episode: episode.query[0].input_ids.t_(), "input_ids of query batch 0"),
    ],
    ids=["all of theta", "a slice of theta", "labels", "a batch in its shape"],
)
def test_an_algorithm_that_writes_to_what_it_is_given_is_named(deed, said):
    run = training(Writes(deed), "two")

    with pytest.raises(PluginError, match=f"wrote to what it was given: {said}") as caught:
        finish(run, run.learner.theta(STREAM))

    assert caught.value.where == "test 1.0, task two"


def ended(steps):
    """Go through steps; return the scalars of each and what is returned in the end."""
    scalars = []
    while True:
        try:
            scalars.append(next(steps).scalars)
        except StopIteration as stop:
            return scalars, stop.value


@pytest.mark.parametrize(("strength", "beyond"), [(2.0, 3), (1e5, 0)])
def test_meta_steps_that_leave_more_of_the_inner_problem_than_tolerated_are_counted(
    strength, beyond
):
    # A step of one over lambda leaves the share curvature / lambda: little at 1e5. One of 0.01 at
    # lambda = 2 leaves 0.98 of the pull alone.
    options = ImamlOptions(proximal=strength, inner_lr=min(1 / strength, 0.01), inner_steps=4)
    run = training(Imaml(options), "two", "two", steps=3)
    scalars, found = ended(run.run(run.learner.theta(STREAM)))

    left = [step["proximal_residual"] for step in scalars]
    assert found.beyond["proximal_residual"] == sum(one > 0.01 for one in left) == beyond


def test_a_resumed_run_counts_the_meta_steps_beyond_a_tolerance_from_before_too():
    algorithm = Imaml(ImamlOptions(proximal=2.0, inner_lr=0.01, inner_steps=4))
    whole, rest = training(algorithm, "two"), training(algorithm, "two")
    theta = whole.learner.theta(STREAM)
    half = next(whole.run(theta)).snapshot()

    assert ended(rest.run(theta, start=half))[1].beyond == {"proximal_residual": 2}
