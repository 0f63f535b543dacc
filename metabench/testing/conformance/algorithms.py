"""Checks of one call of an algorithm: return values and side effects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from metabench.api import EpisodeShape
from metabench.learning import Algorithm
from metabench.nn.episode_view import view
from metabench.plugin.target import load_target
from metabench.testing.conformance.ambient import (
    network_watched,
    same_ambient,
)
from metabench.testing.conformance.check import ambient_laws, law, require
from metabench.testing.conformance.laboratory import (
    Trial,
    complaint,
    fewer_words,
    require_usual,
    same_bits,
    trial,
    wrong_shape,
    wrong_value,
)
from metabench.testing.conformance.verdict import NotApplicableError
from metabench.testing.tiny import TINY_HEADS

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = [
    "any_outputs",
    "blocks",
    "deterministic",
    "episode_shape",
    "finite",
    "follows_gradients",
    "inner_loop",
    "loads",
    "no_network",
    "shapes",
    "tiny_task",
    "writes_nothing",
]

_WORDS = 13
_ROUNDING = 1e-9


@law("algorithm")
def loads(subject: Subject) -> None:
    """The class behind the descriptor loads, is an Algorithm, and takes its options alone.

    Write the descriptor's ``target`` as ``package.module:Class``; take the options and nothing else
    in ``__init__``.
    """
    built = subject.algorithm()
    require(isinstance(built, Algorithm), f"{subject.value.target} is not a metabench Algorithm")


@law("algorithm")
def episode_shape(subject: Subject) -> None:
    """The options define an episode's batches: at least one, no negative number.

    Override ``episode_shape`` of the options.
    """
    shape = subject.options.episode_shape()
    require(isinstance(shape, EpisodeShape), f"episode_shape returned {type(shape).__name__}")
    counts = (shape.support, shape.query)
    whole = all(type(count) is int and count >= 0 for count in counts)
    require(whole, f"an episode of {counts[0]!r} support and {counts[1]!r} query batches")
    if subject.value.meta_trains:
        require(shape.batches, "an episode without a batch")


@law("algorithm")
def blocks(subject: Subject) -> None:
    """Blocks hold theta, are like it in dtype and device, and no learning rate is below zero.

    Return ``theta`` and your own blocks from ``init``; name only those in ``learning_rates`` and
    ``direction_scales`` (above 0); ``initialisation`` is as long as theta.
    """
    one = trial(subject)
    require("theta" in one.meta, "init returns no block 'theta'")
    theta = one.meta["theta"]
    for name, block in one.meta.items():
        require(
            block.dtype == theta.dtype and block.device == theta.device,
            f"block {name!r} is {block.dtype} on {block.device},"
            f" theta {theta.dtype} on {theta.device}",
        )
    rates = one.algorithm.learning_rates(0.25)
    unknown = sorted(set(rates) - set(one.meta))
    require(not unknown, f"learning_rates names no block: {', '.join(unknown)}")
    for name, rate in rates.items():
        require(math.isfinite(rate) and rate >= 0, f"the learning rate of {name!r} is {rate}")
    scales = one.algorithm.direction_scales()
    sizes = all(math.isfinite(scale) and scale > 0 for scale in scales.values())
    require(sizes and set(scales) <= set(one.meta), f"direction_scales returns {dict(scales)}")
    start = one.algorithm.initialisation(one.learner, one.meta)
    require(
        (start.shape, start.dtype) == (theta.shape, theta.dtype),
        f"initialisation is {start.dtype} {tuple(start.shape)},"
        f" theta {theta.dtype} {tuple(theta.shape)}",
    )


@law("algorithm")
def shapes(subject: Subject) -> None:
    """There is one direction per block, of its shape and dtype, in float64 and in float32.

    Keep what you make in ``theta.dtype``, and return a direction for each block.
    """
    for dtype in (torch.float64, torch.float32):
        one = trial(subject, dtype=dtype)
        wrong = wrong_shape(one.run(), one.meta)
        require(not wrong, wrong)


@law("algorithm")
def finite(subject: Subject) -> None:
    """Directions and scalars are finite.

    Put a floor below roots, logarithms and quotients.
    """
    wrong = wrong_value(trial(subject).run())
    require(not wrong, wrong)


@law("algorithm")
def deterministic(subject: Subject) -> None:
    """Equal batches give bit-identical directions in two new objects.

    Take no number from the clock, the system or an address.
    """
    with same_ambient():
        first = trial(subject).run()
    with same_ambient():
        second = trial(subject).run()
    differing = [
        name
        for name, value in first.directions.items()
        if not same_bits(value, second.directions[name])
    ]
    require(not differing, f"equal batches gave two directions for {', '.join(differing)}")


ambient_laws("algorithm", lambda subject: trial(subject).run)


@law("algorithm")
def writes_nothing(subject: Subject) -> None:
    """Blocks and batches that are passed in are not written to.

    Write ``theta = theta - …``, not ``theta -= …``. Training stops here too, where torch counts the
    write.
    """
    one = trial(subject)
    before = {name: value.clone() for name, value in one.tensors().items()}
    one.run()
    written = [name for name, value in one.tensors().items() if not same_bits(value, before[name])]
    require(not written, f"wrote to {'; '.join(written)}; write to a clone instead")


@law("algorithm")
def no_network(subject: Subject) -> None:
    """Nothing is asked of a network.

    Fetch beforehand; a run has to work without a network.
    """
    one = trial(subject)
    with network_watched() as tried:
        complaint(one)
    require(not tried, f"tried {'; '.join(tried)}")


@law("algorithm")
def follows_gradients(subject: Subject) -> None:
    """Where it is set, directions are zero wherever the gradients of its batches are.

    Set it only if all of a direction is made of gradients; weight decay is not.
    """
    one = trial(subject)
    if not type(one.algorithm).follows_gradients:
        raise NotApplicableError("does not declare follows_gradients")
    one = Trial(one.algorithm, one.learner, one.meta, fewer_words(one.episode, _WORDS))
    whole = one.run().directions
    part = view(one.learner, one.episode, sparse=True)
    meta = {name: part.take(block) for name, block in one.meta.items()}
    small = Trial(one.algorithm, part.learner, meta, part.episode).run().directions
    for name, value in whole.items():
        distance = float((part.put(small[name]) - value).abs().max())
        require(
            distance <= _ROUNDING * max(1.0, float(value.abs().max())),
            f"the direction for {name!r} is not zero where no batch reaches: it is off by"
            f" {distance:.1e} when that is left out; do not set follows_gradients",
        )


@law("algorithm")
def inner_loop(subject: Subject) -> None:
    """Where it is declared, the inner loop alone returns finite parameters of theta's shape.

    Take (options, learner, blocks, support batches) and return the adapted theta; write to nothing.
    """
    if subject.value.inner_loop is None:
        raise NotApplicableError("declares no inner loop")
    one = trial(subject)
    before = {name: value.clone() for name, value in one.tensors().items()}
    loop = load_target(subject.value.inner_loop)
    found = loop(subject.options, one.learner, one.meta, one.episode.support)
    theta = one.meta["theta"]
    shaped = isinstance(found, Tensor) and (found.shape, found.dtype) == (theta.shape, theta.dtype)
    require(shaped, f"{subject.value.inner_loop} does not return theta")
    require(found.isfinite().all(), "its parameters are not finite")
    written = [name for name, value in one.tensors().items() if not same_bits(value, before[name])]
    require(not written, f"wrote to {'; '.join(written)}; write to a clone instead")


@law("algorithm")
def any_outputs(subject: Subject) -> None:
    """Tasks with three classes, with two classes and with a number all work.

    Expect float32 labels where the task is a regression.
    """
    require_usual(subject)
    for task, head in TINY_HEADS.items():
        wrong = complaint(trial(subject, task=task))
        outputs = "a number" if head.regression else f"{head.outputs} classes"
        require(not wrong, f"on a task with {outputs}: {wrong}")


@law("algorithm")
def tiny_task(subject: Subject) -> None:
    """Batches of one and of two examples work.

    Handle batches of one example: their standard deviation is not a number.
    """
    require_usual(subject)
    for rows in (1, 2):
        wrong = complaint(trial(subject, rows=rows))
        require(not wrong, f"on batches of {rows} row{'s'[: rows - 1]}: {wrong}")
