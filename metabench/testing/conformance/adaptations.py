"""Checks of an adaptation: what it returns for the examples of a tiny task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor

from metabench.learning import Adaptation, Batch, Target
from metabench.seeding import Stream
from metabench.testing.conformance.ambient import network_watched, same_ambient
from metabench.testing.conformance.check import ambient_laws, law, require
from metabench.testing.conformance.laboratory import same_bits
from metabench.testing.conformance.verdict import NotApplicableError
from metabench.testing.tiny import TINY_HEADS, tiny_batch, tiny_learner

if TYPE_CHECKING:
    from collections.abc import Callable

    from metabench.testing.conformance.subject import Subject

__all__ = [
    "adapts_every_task",
    "asks_no_network",
    "leaves_arguments",
    "loads_as_adaptation",
    "repeats",
    "returns_theta",
    "takes_missing_classes",
]

_STREAM = Stream.root(20231123).child("adaptation")
_BATCHES = 3
_RATE = 0.01


@final
@dataclass(frozen=True)
class _Trial:
    """All that one call of ``adapt`` needs."""

    adaptation: Adaptation[Any]
    learner: Any
    theta: Tensor
    batches: tuple[Batch, ...]
    target: Target

    def run(self) -> Any:
        return self.adaptation.adapt(self.learner, self.theta, self.target)


def _trial(
    subject: Subject,
    task: str = "three",
    *,
    dtype: torch.dtype = torch.float64,
    change: Callable[[Tensor], Tensor] = lambda labels: labels,
) -> _Trial:
    """Return a fresh adaptation before a task; equal arguments give equal numbers."""
    head = TINY_HEADS[task]
    if head.regression and not subject.value.regression:
        raise NotApplicableError("declares that it takes no regression task")
    learner = tiny_learner(curvature=None, dtype=dtype)
    found = [tiny_batch(task, _STREAM.child(i), rows=6, dropout=False) for i in range(_BATCHES)]
    batches = tuple(replace(batch, labels=change(batch.labels)) for batch in found)

    def step(theta: Tensor) -> Tensor:
        return theta - _RATE * learner.gradient(theta, batches[0])

    loop = step if subject.value.inner_loop else None
    target = Target(task, head.outputs, head.regression, lambda: iter(batches), _STREAM, loop)
    return _Trial(subject.adaptation(), learner, learner.theta(_STREAM), batches, target)


def _wrong(one: _Trial) -> str:
    """Return what is wrong with what an adaptation returns; empty where nothing is."""
    found = one.run()
    if not isinstance(found, Tensor):
        return f"adapt returned {type(found).__name__}, not theta"
    if (found.shape, found.dtype) != (one.theta.shape, one.theta.dtype):
        return (
            f"adapt returned {found.dtype} {tuple(found.shape)},"
            f" theta is {one.theta.dtype} {tuple(one.theta.shape)}"
        )
    broken = int((~found.isfinite()).sum())
    return f"{broken} of {found.numel()} numbers of theta are not finite" if broken else ""


@law("adaptation")
def loads_as_adaptation(subject: Subject) -> None:
    """The class behind the descriptor loads, is an Adaptation, and takes its options alone.

    Write the descriptor's ``target`` as ``package.module:Class``; take the options and nothing else
    in ``__init__``.
    """
    built = subject.adaptation()
    require(isinstance(built, Adaptation), f"{subject.value.target} is not a metabench Adaptation")


@law("adaptation")
def returns_theta(subject: Subject) -> None:
    """It returns finite parameters of theta's shape and dtype, in float64 and in float32.

    Clone theta and write the head into it with ``target.with_head``.
    """
    for dtype in (torch.float64, torch.float32):
        wrong = _wrong(_trial(subject, dtype=dtype))
        require(not wrong, wrong)


@law("adaptation")
def adapts_every_task(subject: Subject) -> None:
    """Tasks with three classes, with two classes and, where declared, with a number all work.

    Expect float labels where ``target.regression`` is set, or declare ``regression=False``.
    """
    tasks = [task for task, head in TINY_HEADS.items() if not head.regression]
    for task in [*tasks, *(["number"] if subject.value.regression else [])]:
        wrong = _wrong(_trial(subject, task))
        require(not wrong, f"on the task {task!r}: {wrong}")


@law("adaptation")
def takes_missing_classes(subject: Subject) -> None:
    """Training examples of two of three classes, and of a single one, work.

    Pass the classes that have examples to ``target.with_head``.
    """
    wrong = _wrong(_trial(subject, change=lambda labels: labels.clamp(min=1)))
    require(not wrong, f"without an example of the first class: {wrong}")
    wrong = _wrong(_trial(subject, change=torch.ones_like))
    require(not wrong, f"with examples of a single class: {wrong}")


@law("adaptation")
def repeats(subject: Subject) -> None:
    """Equal examples give bit-identical parameters in two new objects.

    Take no number from the clock, the system or an address; draw from ``target.stream``.
    """
    with same_ambient():
        first = _trial(subject).run()
    with same_ambient():
        second = _trial(subject).run()
    require(same_bits(first, second), "equal examples gave two results")


ambient_laws("adaptation", lambda subject: _trial(subject).run)


@law("adaptation")
def leaves_arguments(subject: Subject) -> None:
    """Theta and the batches are not written to.

    Write to a clone. A run stops here too, where torch counts the write to theta.
    """
    one = _trial(subject)
    given = [
        one.theta,
        *(tensor for each in one.batches for tensor in (each.input_ids, each.labels)),
    ]
    before = [tensor.clone() for tensor in given]
    one.run()
    same = all(same_bits(now, then) for now, then in zip(given, before, strict=True))
    require(same, "wrote to an argument; write to a clone instead")


@law("adaptation")
def asks_no_network(subject: Subject) -> None:
    """Nothing is asked of a network.

    Fetch beforehand; a run has to work without a network.
    """
    one = _trial(subject)
    with network_watched() as tried:
        one.run()
    require(not tried, f"tried {'; '.join(tried)}")
