"""Checks of a task sampler: its probabilities, its draws, its state."""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from metabench.learning import SampledTask, Schedule, State, TaskSampler
from metabench.seeding import Stream
from metabench.testing.conformance.ambient import (
    network_watched,
    same_ambient,
)
from metabench.testing.conformance.check import ambient_laws, law, require
from metabench.testing.conformance.verdict import NotApplicableError

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = [
    "copes_with_one_task",
    "draws_fill_a_step",
    "draws_only_tasks",
    "fits_probabilities",
    "probabilities",
    "state_resumes",
    "target_phase",
]

_TASKS = (
    SampledTask("large", 392_702, "auxiliary"),
    SampledTask("middling", 8_551, "target"),
    SampledTask("small", 2_490, "target"),
    SampledTask("tiny", 24, "auxiliary"),
)
_SCHEDULE = Schedule(total_steps=90, epoch_steps=30, tasks_per_step=8, target="small")
_STREAM = Stream.root(20231123).child("conformance", "tasks")
_LOSSES = {"large": 0.5, "middling": 1.5, "small": 0.7}
_NOTHING: State = MappingProxyType({})
_ROUNDING = 1e-9
_REPEATS = 60
_ALPHA = 1e-5
_FEWEST = 5  # expected draws of a cell: below that, chi-square is no longer its distribution


@law("sampler")
def loads(subject: Subject) -> None:
    """The class behind the descriptor loads, is a TaskSampler, and takes options and schedule.

    Take options and schedule in ``__init__``.
    """
    built = subject.sampler(_SCHEDULE)
    require(isinstance(built, TaskSampler), f"{subject.value.target} is not a TaskSampler")


@law("sampler")
def probabilities(subject: Subject) -> None:
    """At every step tasks have probabilities, none below zero, and they sum to one.

    Divide by the sum; it may be off by 1e-9.
    """
    wrong = _wrong_chances(subject)
    require(not wrong, wrong)


@law("sampler")
def draws_only_tasks(subject: Subject) -> None:
    """Every draw is one of the tasks given.

    Return names of the tasks that ``draw`` is given.
    """
    names = {task.name for task in _TASKS}
    for step, drawn in enumerate(_draws(subject)):
        unknown = sorted(set(drawn) - names)
        require(not unknown, f"step {step}: drew {unknown}, which is no task given")


@law("sampler")
def draws_fill_a_step(subject: Subject) -> None:
    """A step has as many draws as the benchmark sets, so that budgets are equal.

    Return ``schedule.tasks_per_step`` names.
    """
    for step, drawn in enumerate(_draws(subject)):
        wanted = _SCHEDULE.tasks_per_step
        require(len(drawn) == wanted, f"step {step}: {len(drawn)} draws where {wanted} were asked")


@law("sampler")
def target_phase(subject: Subject) -> None:
    """A task of probability zero is never drawn: a phase on the target holds only the target.

    Make ``draw`` and ``probabilities`` agree in each phase.
    """
    _require_chances(subject)
    sampler, state = subject.sampler(_SCHEDULE), _NOTHING
    for step in range(_SCHEDULE.total_steps):
        chances = sampler.probabilities(step, _TASKS, state)
        for name in sampler.draw(step, _TASKS, state, _STREAM.child(step)):
            impossible = name in {task.name for task in _TASKS} and chances.get(name, 0.0) == 0
            require(not impossible, f"step {step}: drew {name!r}, whose probability is 0")
        state = sampler.update(state, _LOSSES)


@law("sampler")
def fits_probabilities(subject: Subject) -> None:
    """Tasks are drawn in proportion to their probabilities: chi-square, p above 1e-5.

    Make ``draw`` follow ``probabilities``. 43,200 draws from fixed streams are compared; 1e-5 is
    the share of sound samplers that would be refused.
    """
    _require_chances(subject)
    from scipy import stats  # noqa: PLC0415  (half a second)

    sampler, state = subject.sampler(_SCHEDULE), _NOTHING
    expected = dict.fromkeys((task.name for task in _TASKS), 0.0)
    drawn: Counter[str] = Counter()
    for step in range(_SCHEDULE.total_steps):
        chances = sampler.probabilities(step, _TASKS, state)
        for repeat in range(_REPEATS):
            names = sampler.draw(step, _TASKS, state, _STREAM.child(step, repeat))
            drawn.update(names)
            for name, chance in chances.items():
                expected[name] += chance * len(names)
        state = sampler.update(state, _LOSSES)
    if set(drawn) - set(expected):
        raise NotApplicableError("draws names that are no given task")
    largest = max(expected, key=lambda name: expected[name])
    cells = [name for name in expected if expected[name] >= _FEWEST and name != largest]
    if not cells:
        raise NotApplicableError("all draws are of one task")
    found = [drawn[name] for name in cells]
    wanted = [expected[name] for name in cells]
    rest = sum(drawn.values()) - sum(found)
    p = stats.chisquare([*found, rest], [*wanted, sum(found) + rest - sum(wanted)]).pvalue
    shown = ", ".join(f"{name} {drawn[name]} for {expected[name]:.0f}" for name in sorted(expected))
    require(p > _ALPHA, f"draws do not fit the probabilities (p = {p:.0e}): {shown}")


@law("sampler")
def deterministic(subject: Subject) -> None:
    """Equal streams give equal draws in two fresh objects.

    Draw from the stream, and from nothing else.
    """
    with same_ambient():
        first = _draws(subject)
    with same_ambient():
        second = _draws(subject)
    require(first == second, "equal streams gave different draws")


ambient_laws("sampler", lambda subject: partial(_draws, subject))


@law("sampler")
def state_resumes(subject: Subject) -> None:
    """The state is named finite numbers; restored from JSON, a new object draws the same.

    Keep nothing in the object: ``update`` returns all that is to be remembered.
    """
    _require_chances(subject)
    whole, sampler = subject.sampler(_SCHEDULE), subject.sampler(_SCHEDULE)
    state: State = {}
    for step in range(10):
        state = whole.update(state, _LOSSES)
        for name, value in state.items():
            require(math.isfinite(value), f"the state holds {name!r}: {value!r}")
        kept = json.loads(json.dumps(dict(state)))
        stream = _STREAM.child("resume", step)
        drawn = [list(whole.draw(step, _TASKS, state, stream)) for _ in range(2)]
        if drawn[0] != drawn[1]:
            raise NotApplicableError("one object draws twice differently already")
        same = drawn[0] == list(sampler.draw(step, _TASKS, kept, stream))
        require(same, f"step {step}: a fresh object with the kept state draws other tasks")


@law("sampler")
def writes_nothing(subject: Subject) -> None:
    """The state that is passed in is not written to.

    Return a new mapping.
    """
    _require_chances(subject)
    sampler, state = subject.sampler(_SCHEDULE), dict[str, float]()
    for step in range(3):
        before = copy.deepcopy(state)
        sampler.probabilities(step, _TASKS, state)
        sampler.draw(step, _TASKS, state, _STREAM.child(step))
        after = sampler.update(state, _LOSSES)
        require(state == before, f"step {step}: wrote to the state {before}; return a new one")
        state = dict(after)


@law("sampler")
def copes_with_one_task(subject: Subject) -> None:
    """One task alone is drawn every time.

    Handle a benchmark that has one task.
    """
    _require_chances(subject)
    only = (SampledTask("small", 24, "target"),)
    schedule = Schedule(total_steps=3, epoch_steps=1, tasks_per_step=2, target="small")
    sampler = subject.sampler(schedule)
    for step in range(schedule.total_steps):
        drawn = list(sampler.draw(step, only, {}, _STREAM.child(step)))
        require(set(drawn) == {"small"}, f"step {step}: drew {drawn}")


@law("sampler")
def no_network(subject: Subject) -> None:
    """Nothing is asked of a network.

    Fetch beforehand; a run has to work without a network.
    """
    with network_watched() as tried:
        try:
            _draws(subject)
        except OSError:
            require(tried, "raised OSError")
    require(not tried, f"tried {'; '.join(tried)}")


def _wrong_chances(subject: Subject) -> str:
    """Return the problem of a step's probabilities; empty where there is none."""
    sampler, state = subject.sampler(_SCHEDULE), _NOTHING
    names = {task.name for task in _TASKS}
    for step in range(_SCHEDULE.total_steps):
        chances = sampler.probabilities(step, _TASKS, state)
        unknown = sorted(set(chances) - names)
        if unknown:
            return f"step {step}: a probability for {unknown}, which is no task given"
        low, total = min(chances.values(), default=0.0), sum(chances.values())
        if not low >= 0:
            return f"step {step}: a probability of {low}"
        if not abs(total - 1) <= _ROUNDING:
            return f"step {step}: probabilities sum to {total}"
        state = sampler.update(state, _LOSSES)
    return ""


def _require_chances(subject: Subject) -> None:
    """Skip if the probabilities are invalid, which another check reports."""
    wrong = _wrong_chances(subject)
    if wrong:
        raise NotApplicableError(f"nothing can be drawn: {wrong}")


def _draws(subject: Subject) -> list[list[str]]:
    """Return all draws of one meta-training."""
    _require_chances(subject)
    sampler, state = subject.sampler(_SCHEDULE), _NOTHING
    drawn = []
    for step in range(_SCHEDULE.total_steps):
        drawn.append(list(sampler.draw(step, _TASKS, state, _STREAM.child(step))))
        state = sampler.update(state, _LOSSES)
    return drawn
