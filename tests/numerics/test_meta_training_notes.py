"""What meta-training notes of its steps, and where it stops."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typing_extensions import override

from metabench.errors import DivergedError, PluginError
from metabench.learning import TaskSampler
from metabench.seeding import Stream
from metabench.testing import TinyEpisodes, tiny_learner
from metabench_algorithms.imaml import Imaml
from metabench_algorithms.joint import Joint
from metabench_algorithms.maml import Maml
from metabench_algorithms.options import ImamlOptions, JointOptions, MamlOptions

STREAM = Stream.root(17)


def test_losses_are_logged_of_the_first_gradient_and_of_the_last_of_each_episode(training, finish):
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


def test_cross_entropy_and_squared_error_are_logged_apart_where_both_occur(training, finish):
    run = training(Joint(JointOptions()), "three", "number", "two", steps=1)
    run.tasks = (*run.tasks, replace(run.tasks[0], name="number"))
    theta = run.learner.theta(STREAM)
    rows = TinyEpisodes(JointOptions().episode_shape(), STREAM)
    losses = {
        task: tiny_learner(curvature=None)
        .loss(theta, rows.episode(task, visit=0, step=0, total_steps=1).query[0])
        .item()
        for task in ("three", "number", "two")
    }

    _, (done,) = finish(run, theta)

    assert done.scalars["squared_error"] == pytest.approx(losses["number"], rel=1e-9)
    assert done.scalars["cross_entropy"] == pytest.approx(
        (losses["three"] + losses["two"]) / 2, rel=1e-9
    )


def test_losses_of_one_kind_are_not_logged_twice(training, finish):
    run = training(Joint(JointOptions()), "three", "two", steps=1)
    _, (done,) = finish(run, run.learner.theta(STREAM))

    assert not {"squared_error", "cross_entropy"} & done.scalars.keys()


def test_a_sampler_is_told_the_mean_last_loss_of_each_task(training, finish):
    told = []

    class Listening(TaskSampler):
        def __init__(self):
            pass

        @override
        def probabilities(self, step, tasks, state):
            return {"three": 0.5, "two": 0.5}

        @override
        def draw(self, step, tasks, state, stream):
            return ("three", "two", "three")

        @override
        def update(self, state, losses):
            told.append(losses)
            return state

    run = training(Joint(JointOptions()), sampler=Listening(), steps=1)
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


class Heard(TaskSampler):
    """Draws one task, and keeps the seed of the stream that it is given."""

    def __init__(self):
        self.seeds = []

    @override
    def probabilities(self, step, tasks, state):
        return {"three": 1.0, "two": 0.0}

    @override
    def draw(self, step, tasks, state, stream):
        self.seeds.append(stream.seed)
        return ["three"]


def test_tasks_of_a_step_are_drawn_from_the_stream_of_that_name(training, finish):
    """Another name would draw other tasks for every seed: a decision, never a slip."""
    heard = Heard()
    finish(training(Joint(JointOptions()), sampler=heard))

    assert heard.seeds == [STREAM.child("tasks", step).seed for step in range(2)]


def test_draws_are_counted(training, finish):
    run = training(Joint(JointOptions()), "three", "two", "two")

    found, done = finish(run)

    assert found.draws == {"three": 2, "two": 4}
    assert [step.step for step in done] == [1, 2]


def test_a_loss_that_is_not_finite_names_step_and_task(training, finish):
    run = training(Joint(JointOptions()), "three", "two")
    theta = run.learner.theta(STREAM)
    theta[run.learner.layout.head("two").start] = float("nan")

    with pytest.raises(DivergedError, match="a loss is nan") as caught:
        finish(run, theta)
    assert caught.value.where == "meta step 1, task two"


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
def test_an_algorithm_that_writes_to_what_it_is_given_is_named(training, finish, deed, said):
    run = training(Writes(deed), "two")

    with pytest.raises(PluginError, match=f"wrote to its arguments: {said}") as caught:
        finish(run)

    assert caught.value.where == "test 1.0, task two"


@pytest.mark.parametrize(("strength", "beyond"), [(2.0, 3), (1e5, 0)])
def test_meta_steps_that_leave_more_of_the_inner_problem_than_tolerated_are_counted(
    training, finish, strength, beyond
):
    # A step of one over lambda leaves the share curvature / lambda: little at 1e5. One of 0.01 at
    # lambda = 2 leaves 0.98 of the pull alone.
    options = ImamlOptions(proximal=strength, inner_lr=min(1 / strength, 0.01), inner_steps=4)
    run = training(Imaml(options), "two", "two", steps=3)
    found, done = finish(run)

    left = [step.scalars["proximal_residual"] for step in done]
    assert found.beyond["proximal_residual"] == sum(one > 0.01 for one in left) == beyond


class Telling(Joint):
    """Joint training that says of each episode that so much is left."""

    def __init__(self, left):
        super().__init__(JointOptions())
        self.left, self.options = left, Tolerant()

    @override
    def meta_gradient(self, learner, meta, episode):
        return replace(super().meta_gradient(learner, meta, episode), scalars={"left": self.left})


class Tolerant(JointOptions):
    """Options of a method that tolerates a quarter."""

    @property
    @override
    def tolerances(self):
        return {"left": 0.25}


@pytest.mark.parametrize(("left", "beyond"), [(0.25, 0), (0.2500001, 2)])
def test_what_is_left_exactly_as_tolerated_is_not_beyond(training, finish, left, beyond):
    found, _ = finish(training(Telling(left), "two"))

    assert found.beyond == {"left": beyond}


def test_a_resumed_run_counts_the_meta_steps_beyond_a_tolerance_from_before_too(training, finish):
    algorithm = Imaml(ImamlOptions(proximal=2.0, inner_lr=0.01, inner_steps=4))
    whole, rest = training(algorithm, "two"), training(algorithm, "two")
    theta = whole.learner.theta(STREAM)
    half = next(whole.run(theta)).snapshot()

    assert finish(rest, theta, start=half)[0].beyond == {"proximal_residual": 2}
