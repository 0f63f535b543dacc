"""What each variant of MAML is, beside its meta-gradient; and what PCGrad projects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from metabench.seeding import Stream
from metabench.testing import QuadraticLearner, tiny_episode, tiny_learner
from metabench_algorithms.imaml import Imaml, conjugate_gradient
from metabench_algorithms.joint import Joint
from metabench_algorithms.maml import Maml
from metabench_algorithms.maml_plus_plus import MamlPlusPlus, loss_weights
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
)
from metabench_algorithms.partial_maml import PartialMaml
from metabench_algorithms.pcgrad import PcGrad
from metabench_algorithms.proto_maml import ProtoMaml

STREAM = Stream.root(1999)
INNER = {"inner_steps": 3, "inner_lr": 0.05}


def model_and_episode(task="three", *, support=3):
    learner = tiny_learner()
    return learner, learner.theta(STREAM), tiny_episode(task, STREAM, support=support, query=1)


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def draw(*shape, name):
    return torch.randn(*shape, generator=STREAM.child(name).torch(), dtype=torch.float64)


# -- methods that become another one -----------------------------------------------------------


def maml_direction(learner, theta, episode):
    algorithm = Maml(MamlOptions(**INNER))
    return algorithm.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]


def test_meta_sgd_with_all_rates_alike_is_maml():
    learner, theta, episode = model_and_episode()
    algorithm = MetaSgd(MetaSgdOptions(**INNER))

    found = algorithm.meta_gradient(learner, algorithm.init(learner, theta), episode).directions

    assert relative(found["theta"], maml_direction(learner, theta, episode)) < 1e-12


def test_maml_plus_plus_in_its_last_steps_with_all_rates_alike_is_maml():
    learner, theta, episode = model_and_episode()
    episode = replace(episode, step=9, total_steps=10)
    algorithm = MamlPlusPlus(MamlPlusPlusOptions(**INNER))

    found = algorithm.meta_gradient(learner, algorithm.init(learner, theta), episode).directions

    assert relative(found["theta"], maml_direction(learner, theta, episode)) < 1e-12
    assert (learner.tally.gradients, learner.tally.hvps) == (4 + 4, 3 + 3)


def test_maml_plus_plus_takes_no_second_derivatives_in_its_first_steps():
    learner, theta, episode = model_and_episode()
    episode = replace(episode, step=4, total_steps=10)
    algorithm = MamlPlusPlus(MamlPlusPlusOptions(**INNER))
    first_order = Maml(MamlOptions(**INNER, second_order=False))
    expected = first_order.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]

    found = algorithm.meta_gradient(learner, algorithm.init(learner, theta), episode).directions

    assert relative(found["theta"], expected) < 1e-12
    assert learner.tally.hvps == 0


@pytest.mark.parametrize(("part", "moves"), [("head", "head"), ("body", "encoder")])
def test_the_inner_loop_of_anil_and_boil_leaves_the_other_part_where_it_is(part, moves):
    """Seen through a learner that notes where it is asked for gradients."""
    learner, theta, episode = model_and_episode("two")
    places = []

    class Watched:
        def gradient(self, theta, batch, span=None):
            places.append(theta)
            return learner.gradient(theta, batch, span)

        hvp, spans = learner.hvp, learner.spans

    options = PartialMamlOptions(**INNER, inner_part=part)
    PartialMaml(options).meta_gradient(Watched(), {"theta": theta}, episode)

    moved = torch.stack(places[1:]) != theta
    span = learner.spans("two")[moves]
    assert len(places) == 4
    assert moved[:, span].any(1).all()
    assert moved.sum() == moved[:, span].sum()


@pytest.mark.parametrize("part", ["head", "body"])
def test_anil_on_a_quadratic_is_the_closed_form(part):
    """With M the projection on the part, the Jacobian of k steps is (I - alpha A M)^k."""
    size, alpha = 6, INNER["inner_lr"]
    root = draw(size, size, name="A")
    curvature = root @ root.T / size
    learner, theta = QuadraticLearner(curvature), draw(size, name="theta")
    episode = tiny_episode("two", STREAM, support=3, query=1)
    kept = torch.tensor([0.0] * 5 + [1.0]) if part == "head" else torch.tensor([1.0] * 5 + [0.0])
    mask = torch.diag(kept.double())
    fast = theta
    for batch in episode.support:
        fast = fast - alpha * mask @ curvature @ (fast - learner.centre(batch))
    step = torch.eye(size, dtype=torch.float64) - alpha * curvature @ mask
    pull = curvature @ (fast - learner.centre(episode.query[0]))
    expected = torch.linalg.matrix_power(step, 3) @ pull

    algorithm = PartialMaml(PartialMamlOptions(**INNER, inner_part=part))
    found = algorithm.meta_gradient(learner, {"theta": theta}, episode).directions["theta"]

    assert relative(found, expected) < 1e-12


# -- MAML++ ------------------------------------------------------------------------------------


def test_weights_of_losses_begin_equal_and_end_on_the_last_step():
    weights = np.array([loss_weights(4, step=t, annealing_steps=5) for t in range(8)])

    assert np.allclose(weights.sum(1), 1)
    assert np.allclose(weights[0], 0.25)
    assert np.allclose(weights[:6, 0], np.linspace(0.25, 0, 6))
    assert np.array_equal(weights[5:], [[0, 0, 0, 1]] * 3)
    assert loss_weights(4, step=0, annealing_steps=0) == (0, 0, 0, 1)


# -- iMAML -------------------------------------------------------------------------------------


def test_on_a_quadratic_imaml_solves_its_fixed_point_and_differentiates_it():
    r"""(A + lambda) phi = A c + lambda theta; its derivative is (I + A / lambda)^{-1}."""
    size, strength = 6, 2.0
    root = draw(size, size, name="A")
    curvature = root @ root.T / size
    learner, theta = QuadraticLearner(curvature), draw(size, name="theta")
    episode = tiny_episode("two", STREAM, support=2, query=1)
    identity = torch.eye(size, dtype=torch.float64)
    centre = sum(learner.centre(batch) for batch in episode.support) / 2
    phi = torch.linalg.solve(curvature + strength * identity, curvature @ centre + strength * theta)
    pull = curvature @ (phi - learner.centre(episode.query[0]))
    expected = torch.linalg.solve(identity + curvature / strength, pull)

    algorithm = Imaml(
        ImamlOptions(
            support_batches=2, inner_steps=200, inner_lr=0.2, proximal=strength, cg_steps=size
        )
    )
    found = algorithm.meta_gradient(learner, {"theta": theta}, episode)

    assert relative(found.directions["theta"], expected) < 1e-10
    assert found.scalars["cg_residual"].item() < 1e-10


def test_conjugate_gradients_are_done_after_as_many_steps_as_there_are_eigenvalues():
    values = torch.tensor([2.0, 2.0, 3.0, 5.0], dtype=torch.float64)
    right = draw(4, name="right")

    found, left = conjugate_gradient(lambda vector: values * vector, right, steps=3)
    before, more = conjugate_gradient(lambda vector: values * vector, right, steps=2)

    assert relative(found, right / values) < 1e-12
    assert left.item() < 1e-12
    assert more.item() == pytest.approx(relative(values * before, right))
    assert more.item() > 1e-3


def test_conjugate_gradients_stay_where_they_are_without_positive_curvature():
    values = torch.tensor([-3.0, -2.0], dtype=torch.float64)
    right = draw(2, name="right")

    found, _ = conjugate_gradient(lambda vector: values * vector, right, steps=4)

    assert torch.equal(found, right)


def test_conjugate_gradients_go_on_from_a_solution_and_from_nothing():
    right = draw(3, name="right")

    found, left = conjugate_gradient(lambda vector: vector, right, steps=3)
    nothing, _ = conjugate_gradient(lambda vector: 2 * vector, torch.zeros(3), steps=3)

    assert torch.equal(found, right)
    assert left == 0
    assert torch.equal(nothing, torch.zeros(3))


# -- ProtoMAML ---------------------------------------------------------------------------------


def prototypes(learner, theta, episode, classes):
    features = torch.cat([learner.features(theta, batch) for batch in episode.support])
    labels = torch.cat([batch.labels for batch in episode.support])
    return [features[labels == n].mean(0) if (labels == n).any() else None for n in range(classes)]


@pytest.mark.parametrize("task", ["three", "two"])
def test_before_any_inner_step_protomaml_says_the_nearest_prototype(task):
    learner, theta, episode = model_and_episode(task)
    query = replace(episode.query[0], dropout_seed=None)
    centres = torch.stack(prototypes(learner, theta, episode, {"three": 3, "two": 2}[task]))
    distances = torch.cdist(learner.features(theta, query), centres)
    asked = []

    class Watched:
        def gradient(self, theta, batch, span=None):
            asked.append(theta)
            return learner.gradient(theta, batch, span)

        hvp, spans, features = learner.hvp, learner.spans, learner.features

    ProtoMaml(ProtoMamlOptions(**INNER)).meta_gradient(Watched(), {"theta": theta}, episode)
    said = learner.outputs(asked[0], query)

    assert torch.equal(said.argmax(1), distances.argmin(1))
    assert torch.allclose(
        said.log_softmax(1), (-distances.square()).log_softmax(1), rtol=0, atol=1e-9
    )


def test_the_head_in_theta_is_drawn_to_the_prototypes():
    learner, theta, episode = model_and_episode()
    centres = torch.stack(prototypes(learner, theta, episode, 3))
    head = torch.cat([2 * centres.flatten(), -centres.square().sum(1)])

    found = ProtoMaml(ProtoMamlOptions(**INNER)).meta_gradient(learner, {"theta": theta}, episode)

    span = learner.layout.head("three")
    assert relative(found.directions["theta"][span], theta[span] - head) < 1e-12


def test_a_class_without_a_support_row_keeps_its_row_of_the_head_and_its_gradient():
    """The expectation is the unrolled loop with that row taken from theta."""
    learner, theta, episode = model_and_episode()
    support = tuple(replace(b, labels=b.labels.clamp(max=1)) for b in episode.support)
    episode = replace(episode, support=support)
    leaf = theta.clone().requires_grad_()
    span = learner.layout.head("three")
    one, two, _ = prototypes(learner, leaf, episode, 3)
    row = leaf[span.start + 32 : span.start + 48]
    last = leaf[span.stop - 1 : span.stop]
    head = torch.cat([2 * one, 2 * two, row, -(one @ one)[None], -(two @ two)[None], last])
    fast = torch.cat([leaf[: span.start], head, leaf[span.stop :]])
    for batch in support:
        (step,) = torch.autograd.grad(learner.loss(fast, batch), fast, create_graph=True)
        fast = fast - INNER["inner_lr"] * step
    (expected,) = torch.autograd.grad(learner.loss(fast, episode.query[0]), leaf)

    found = (
        ProtoMaml(ProtoMamlOptions(**INNER))
        .meta_gradient(learner, {"theta": theta}, episode)
        .directions["theta"]
    )

    encoder = learner.layout.spans()["encoder"]
    assert relative(found[encoder], expected[encoder]) < 1e-10
    place = slice(span.start + 32, span.start + 48)
    assert relative(found[place], expected[place]) < 1e-10
    assert found[span.stop - 1] == pytest.approx(expected[span.stop - 1].item(), rel=1e-10)


def test_where_a_number_is_asked_for_protomaml_is_maml():
    learner, theta, episode = model_and_episode("number")

    found = ProtoMaml(ProtoMamlOptions(**INNER)).meta_gradient(learner, {"theta": theta}, episode)

    assert torch.equal(found.directions["theta"], maml_direction(learner, theta, episode))


# -- PCGrad ------------------------------------------------------------------------------------


def combined(directions, tasks, learner, stream=STREAM):
    algorithm = PcGrad(PcGradOptions())
    episodes = [
        tiny_episode(task, stream.child(task, number), support=0, query=1)
        for number, task in enumerate(tasks)
    ]
    blocks = [{"theta": direction} for direction in directions]
    state = algorithm.initial_state(learner)
    found, after = algorithm.combine(iter(blocks), episodes, state)
    assert after is state
    return found["theta"].numpy(), episodes


def by_numpy(directions, tasks, episodes, encoder):
    """Return algorithm 1 of Yu et al. on the encoder's part; heads are only summed."""
    names = sorted(set(tasks))
    sums = {
        name: sum(d.numpy() for d, task in zip(directions, tasks, strict=True) if task == name)
        for name in names
    }
    total = sum(sums.values())
    total[:encoder] = 0
    for name in names:
        first = episodes[tasks.index(name)]
        others = [other for other in names if other != name]
        order = first.stream.child("order").numpy().permutation(len(others))
        found = sums[name][:encoder].copy()
        for place in order:
            other = sums[others[place]][:encoder]
            if found @ other < 0:
                found = found - (found @ other) / (other @ other) * other
        total[:encoder] += found
    return total / len(tasks)


@pytest.mark.parametrize("tasks", [("three", "two", "number"), ("three", "two", "three", "number")])
def test_projections_are_those_of_the_algorithm(tasks):
    learner = QuadraticLearner(torch.eye(6, dtype=torch.float64))
    directions = [draw(6, name=f"g{number}") for number in range(len(tasks))]

    found, episodes = combined(directions, tasks, learner)

    expected = by_numpy(directions, tasks, episodes, 5)
    assert np.allclose(found, expected, rtol=0, atol=1e-14)
    assert not np.allclose(found, torch.stack(directions).mean(0).numpy(), rtol=0, atol=0.01)


def test_the_order_of_projections_matters_and_is_the_streams():
    learner = QuadraticLearner(torch.eye(6, dtype=torch.float64))
    tasks = ("three", "two", "number")
    directions = [draw(6, name=f"g{number}") for number in range(3)]

    found, again = (combined(directions, tasks, learner)[0] for _ in range(2))
    others = [combined(directions, tasks, learner, STREAM.child(i))[0] for i in range(8)]

    assert np.array_equal(found, again)
    assert any(np.array_equal(found, other) for other in others)
    assert any(not np.allclose(found, other, rtol=0, atol=1e-9) for other in others)


def test_after_projection_two_tasks_conflict_no_more():
    learner = QuadraticLearner(torch.eye(4, dtype=torch.float64))
    one = torch.tensor([1.0, 0.0, 0.0, 7.0], dtype=torch.float64)
    two = torch.tensor([-1.0, 1.0, 0.0, 5.0], dtype=torch.float64)

    found, _ = combined([one, two], ("three", "two"), learner)

    # one - (-1 / 2) two = (1/2, 1/2, 0), two + one = (0, 1, 0); of heads the sum, by two episodes.
    assert np.allclose(found, [0.25, 0.75, 0.0, 6.0], rtol=0, atol=1e-15)


def test_without_conflicts_pcgrad_is_joint_training():
    learner = tiny_learner(curvature=None)
    theta = learner.theta(STREAM)
    algorithm, joint = PcGrad(PcGradOptions()), Joint(JointOptions())
    episode = tiny_episode("three", STREAM, support=0, query=1)
    one = algorithm.meta_gradient(learner, {"theta": theta}, episode).directions
    other = joint.meta_gradient(learner, {"theta": theta}, episode).directions
    episodes = [episode, episode]

    found, _ = algorithm.combine([one, one], episodes, algorithm.initial_state(learner))
    expected, _ = joint.combine([other, other], episodes, {})

    assert torch.allclose(found["theta"], expected["theta"], rtol=0, atol=1e-15)


def test_a_task_without_any_gradient_takes_nothing_from_the_others():
    learner = QuadraticLearner(torch.eye(4, dtype=torch.float64))
    one = draw(4, name="one")

    found, _ = combined([one, torch.zeros_like(one)], ("three", "two"), learner)

    assert np.allclose(found, one.numpy() / 2, rtol=0, atol=0)
