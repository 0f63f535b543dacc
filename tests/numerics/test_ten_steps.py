"""Ten meta-steps of every algorithm, through the engine, as the papers write them.

The papers' rules are written here once more: inner loops are unrolled over ``learner.loss`` and
differentiated by autograd, the outer optimizer is `torch.optim.Adam`, one for the encoder and one
for each head. Dropout is on, its masks held by the batches' seeds.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
import torch
from typing_extensions import override

from metabench.engine.meta import MetaTraining
from metabench.learning import SampledTask, TaskSampler
from metabench.nn.curvature import Curvature
from metabench.plugin.catalog import load_catalog
from metabench.plugin.target import load_target
from metabench.seeding import Stream
from metabench.spec.model.sections import MetaOptimizer, MetaSpec
from metabench.testing import TinyEpisodes, tiny_learner

STREAM = Stream.root(10)
STEPS, ALPHA, K = 10, 0.05, 2
LAMBDA, RATES_LR = 400.0, 1e-3
DRAWS = [("three", "two", "three"), ("two",)]
TASKS = [SampledTask("three", 30, "auxiliary"), SampledTask("two", 20, "target")]
OPTIONS = {
    "joint": {},
    "pcgrad": {},
    "imaml": {"proximal": LAMBDA, "inner_lr": 1 / LAMBDA, "inner_steps": 10, "cg_steps": 6},
    "meta-sgd": {"inner_steps": K, "inner_lr": ALPHA, "rates_lr": RATES_LR},
    "maml++": {
        "inner_steps": K,
        "inner_lr": ALPHA,
        "rates_lr": RATES_LR,
        "multi_step_share": 0.5,
        "first_order_share": 0.3,
    },
}
NAMES = [
    "joint", "maml", "fomaml", "reptile", "anil", "boil", "meta-sgd", "maml++", "imaml",
    "protomaml", "pcgrad",
]  # fmt: skip


class Alternating(TaskSampler):
    """Three episodes of two tasks, then one."""

    def __init__(self):
        pass

    @override
    def probabilities(self, step, tasks, state):
        return {"three": 0.5, "two": 0.5}

    @override
    def draw(self, step, tasks, state, stream):
        return DRAWS[step % 2]


# -- the rules of the papers -------------------------------------------------------------------


def slope(learner, theta, batch, *, second=True):
    """Return the gradient, as a function of theta unless it counts as a constant."""
    (found,) = torch.autograd.grad(learner.loss(theta, batch), theta, create_graph=second)
    return found if second else found.detach()


def adapted(learner, theta, episode, *, rate=ALPHA, second=True):
    for batch in episode.support:
        theta = theta - rate * slope(learner, theta, batch, second=second)
    return theta


def derivative(value, *leaves):
    return torch.autograd.grad(value, leaves)


def joint(learner, episode, theta):
    return derivative(learner.loss(theta, episode.query[0]), theta)


def maml(learner, episode, theta):
    end = adapted(learner, theta, episode)
    return derivative(learner.loss(end, episode.query[0]), theta)


def fomaml(learner, episode, theta):
    end = adapted(learner, theta, episode, second=False)
    return derivative(learner.loss(end, episode.query[0]), theta)


def reptile(learner, episode, theta):
    """Return the displacement as a multiple of alpha k, which is what Adam is given."""
    return ((theta - adapted(learner, theta, episode, second=False)).detach() / (ALPHA * K),)


def partial(part):
    def rule(learner, episode, theta):
        inside = torch.zeros_like(theta).index_fill_(0, part_of(learner, episode.task, part), 1)
        end = adapted(learner, theta, episode, rate=ALPHA * inside)
        return derivative(learner.loss(end, episode.query[0]), theta)

    return rule


def part_of(learner, task, part):
    head = learner.layout.head(task)
    size = learner.layout.encoder[-1].stop
    return torch.arange(size) if part == "body" else torch.arange(head.start, head.stop)


def meta_sgd(learner, episode, theta, rates):
    end = adapted(learner, theta, episode, rate=rates)
    return derivative(learner.loss(end, episode.query[0]), theta, rates)


def maml_plus_plus(learner, episode, theta, rates):
    """Losses of all steps in the first five meta-steps, first order in the first three."""
    early = max(0.0, 1 - episode.step / 5) / K
    numbers = torch.zeros(theta.shape, dtype=torch.int64)
    for number, span in enumerate(learner.spans(episode.task).values()):
        numbers[span] = number  # a layer lies within the encoder and comes after it
    end, total = theta, 0.0
    for batch, rate, weight in zip(episode.support, rates, [early, 1 - early], strict=True):
        pull = slope(learner, end, batch, second=episode.step >= 3)
        end = end - rate[numbers] * pull
        total = total + weight * learner.loss(end, episode.query[0])
    return derivative(total, theta, rates)


def imaml(learner, episode, theta):
    """Solve the proximal problem, then (I + H / lambda) x = gradient by Neumann's series.

    Curvatures are below a tenth of lambda here, so that each step brings a digit or more.
    """
    phi, (batch,) = theta.detach(), episode.support
    for _ in range(10):
        leaf = phi.requires_grad_()
        phi = (theta - slope(learner, leaf, batch, second=False) / LAMBDA).detach()
    leaf = phi.requires_grad_()
    (term,) = derivative(learner.loss(leaf, episode.query[0]), leaf)
    total = term
    for _ in range(8):
        pull = slope(learner, leaf, batch)
        (curved,) = derivative(pull @ term, leaf)
        term = -curved / LAMBDA
        total = total + term
    return (total,)


def proto_maml(learner, episode, theta):
    head = learner.layout.head(episode.task)
    features = torch.cat([learner.features(theta, batch) for batch in episode.support])
    labels = torch.cat([batch.labels for batch in episode.support])
    weight, bias = (
        theta[place.span].view(place.shape) for place in learner.layout.heads[episode.task]
    )
    known = torch.tensor([number in labels.tolist() for number in range(len(bias))])
    centres = [features[labels == number].mean(0) for number in range(len(bias))]
    weights = [2 * c if there else w for c, w, there in zip(centres, weight, known, strict=True)]
    biases = [-c @ c if there else b for c, b, there in zip(centres, bias, known, strict=True)]
    made = torch.cat([*weights, torch.stack(biases)])
    end = adapted(learner, torch.cat([theta[: head.start], made, theta[head.stop :]]), episode)
    (found,) = derivative(learner.loss(end, episode.query[0]), theta)
    drawn = torch.cat([known.repeat_interleave(weight.shape[1]), known])
    found[head] = torch.where(drawn, (theta[head] - made).detach(), found[head])
    return (found,)


RULES = {
    "joint": joint,
    "maml": maml,
    "fomaml": fomaml,
    "reptile": reptile,
    "anil": partial("head"),
    "boil": partial("body"),
    "meta-sgd": meta_sgd,
    "maml++": maml_plus_plus,
    "imaml": imaml,
    "protomaml": proto_maml,
    "pcgrad": joint,
}


def projected(gradients, encoder):
    """Take out of each task's summed gradient what conflicts with the other's, in the encoder."""
    tasks = {}
    for task, found in gradients:
        tasks[task] = tasks.get(task, 0) + found
    total = sum(tasks.values()).clone()
    total[encoder] = 0
    for task, found in tasks.items():
        part = found[encoder].clone()
        for other, against in tasks.items():
            if other != task and part @ against[encoder] < 0:
                part -= (
                    (part @ against[encoder]) / against[encoder].square().sum() * against[encoder]
                )
        total[encoder] += part
    return total / len(gradients)


# -- the outer loop ----------------------------------------------------------------------------


class Outer:
    """Adam for each block's encoder and heads apart; a head moves when its task was drawn."""

    def __init__(self, blocks, learner, settings):
        spans = {"encoder": learner.spans()["encoder"]}
        spans |= {task.name: learner.layout.head(task.name) for task in TASKS}
        self.parts = {}
        for name, block in blocks.items():
            rate = RATES_LR if name == "rates" else settings.lr
            for part, span in (
                spans if block.shape == blocks["theta"].shape else {"": ...}
            ).items():
                leaf = block[span].clone().requires_grad_()
                adam = torch.optim.Adam([leaf], lr=rate, betas=settings.betas, eps=settings.eps)
                self.parts[name, part] = (span, leaf, adam)

    def step(self, blocks, found):
        """Average and move; ``found`` holds a task and its directions by block for each episode."""
        drawn = Counter(task for task, _ in found)
        for (name, part), (span, leaf, adam) in self.parts.items():
            if part in {"", "encoder"} or part in drawn:
                count = drawn[part] if part in drawn else len(found)
                leaf.grad = sum(each[name][span] for _, each in found) / count
                adam.step()
                blocks[name][span] = leaf.detach()


@cache
def as_in_the_papers(name):
    """Return theta after ten meta-steps in float64."""
    algorithm, source, settings = parts(name)
    learner = tiny_learner(pooling="pooler")
    start = algorithm.init(learner, learner.theta(STREAM).float().double())
    blocks = {key: value.float().double().clone() for key, value in start.items()}
    outer, visits = Outer(blocks, learner, settings), Counter()
    for step in range(STEPS):
        found = []
        for task in DRAWS[step % 2]:
            place = {"visit": visits[task], "step": step, "total_steps": STEPS}
            episode = source.episode(task, **place)
            visits[task] += 1
            leaves = {key: value.clone().requires_grad_() for key, value in blocks.items()}
            found.append(
                (task, dict(zip(leaves, RULES[name](learner, episode, **leaves), strict=True)))
            )
        if name == "pcgrad":
            encoder = learner.spans()["encoder"]
            whole = projected([(task, each["theta"]) for task, each in found], encoder)
            for _, each in found:
                each["theta"][encoder] = whole[encoder]
        outer.step(blocks, found)
    return blocks["theta"]


def parts(name):
    """Return the algorithm, what gives its episodes, and the outer optimizer's settings.

    The epsilon is large, for in fp32 Adam would make a whole step of the rounding of a zero.
    """
    info = load_catalog().algorithms[name].value
    given = OPTIONS.get(name, {"inner_steps": K, "inner_lr": ALPHA})
    algorithm = load_target(info.target)(info.options(**given, **info.preset))
    source = TinyEpisodes(algorithm.options.episode_shape(), STREAM)
    return algorithm, source, MetaOptimizer(lr=0.01, eps=1e-3)


def through_the_engine(algorithm, source, settings, dtype):
    way = algorithm.options.uses_curvature()
    learner = tiny_learner(curvature=Curvature(way) if way else None, dtype=dtype, pooling="pooler")
    run = MetaTraining(
        algorithm=algorithm,
        sampler=Alternating(),
        learner=learner,
        source=source,
        tasks=TASKS,
        settings=MetaSpec(optimizer=settings),
        steps=STEPS,
        stream=STREAM,
    )
    start = tiny_learner(pooling="pooler").theta(STREAM).float().to(dtype)
    steps = run.run(start)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return start.double(), stop.value.theta.double()


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-7), (torch.float32, 1e-4)])
@pytest.mark.parametrize("name", NAMES)
def test_ten_steps_lead_where_the_paper_leads(name, dtype, bound):
    expected = as_in_the_papers(name)

    start, found = through_the_engine(*parts(name), dtype)

    assert ((found - expected).norm() / (expected - start).norm()).item() < bound
