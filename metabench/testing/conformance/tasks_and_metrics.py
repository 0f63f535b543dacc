"""Checks of a task and of a metric."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from metabench.api import GeneratedSource
from metabench.data.check import card_use, check_split
from metabench.plugin.target import load_target
from metabench.seeding import Stream
from metabench.tasks.hub import Hub
from metabench.testing.conformance.ambient import drawn_generators, same_ambient
from metabench.testing.conformance.check import ambient_laws, law, require
from metabench.testing.conformance.verdict import NotApplicableError

if TYPE_CHECKING:
    from metabench.testing.conformance.subject import Subject

__all__ = ["card_complete", "generated_alike", "in_range", "perfect_is_best", "rows_load"]

_STREAM = Stream.root(20231123).child("conformance", "metric")
_ROWS = 40


@law("task")
def card_complete(subject: Subject) -> None:
    """The card has licence, citation, summary, title, columns, and its classes once each.

    Fill in every field: leaderboards and model cards cite the data.
    """
    card = subject.value
    empty = [
        name
        for name in ("title", "summary", "licence", "citation", "label", "scored", "train")
        if not getattr(card, name).strip()
    ]
    require(not empty, f"the card has no {', '.join(empty)}")
    require(
        len(set(card.labels)) == len(card.labels), f"the card names a class twice: {card.labels}"
    )
    require(len(card.labels) != 1, "the card names one class; a task has two, or none: a number")
    columns = (*card.text, card.label)
    require(len(set(columns)) == len(columns), f"the card uses a column twice: {columns}")
    for split in (card.train, card.scored):
        require(split in card.splits, f"the card has no official number of examples of {split!r}")
    require(
        all(rows > 0 for rows in card.splits.values()), f"the card has {dict(card.splits)} examples"
    )


@law("task")
def rows_load(subject: Subject) -> None:
    """Both splits load, with texts and known labels, and at most the official number of examples.

    Name a mirror with ``--hub DIR``; skipped where the examples are not on this machine.
    """
    hub = Hub(mirror=subject.hub, offline=True)
    use, absent = card_use(subject.value), []
    for part in ("train", "scored"):
        found = check_split(use, part, hub=hub)
        require(found.state != "damaged", found.problem)
        if found.state == "absent":
            absent.append(found.split)
    if absent:
        raise NotApplicableError(f"no examples of {', '.join(absent)} on this machine; see --hub")


@law("task")
def generated_alike(subject: Subject) -> None:
    """A generated task makes the same examples each time, and is marked as generated.

    Let the generator depend on the names of the task and the split, and on nothing else.
    """
    card = subject.value
    if not isinstance(card.source, GeneratedSource):
        raise NotApplicableError("its examples are not generated")
    require(card.generated, "the card does not declare generated")
    make = load_target(card.source.target)
    drawn = drawn_generators(lambda: make(card.name, card.train))
    require(not drawn, f"drew from or seeded {', '.join(drawn)}")
    require(make(card.name, card.train) == make(card.name, card.train), "two calls differ")


@law("metric")
def loads(subject: Subject) -> None:
    """The function behind the descriptor loads, and takes arrays of some kind of task.

    Take (labels, outputs).
    """
    require(callable(load_target(subject.value.target)), f"{subject.value.target} is no function")
    _fitting(subject)


@law("metric")
def finite(subject: Subject) -> None:
    """It returns one finite number, also where all labels or all outputs are alike.

    Define a value for such arrays; nan is refused in a run as well.
    """
    metric = load_target(subject.value.target)
    for kind, (labels, outputs) in _fitting(subject).items():
        alike = np.zeros_like(labels), np.zeros_like(outputs)
        for one, other in ((labels, outputs), (alike[0], outputs), (labels, alike[1]), alike):
            value = metric(one.copy(), other.copy())
            real = isinstance(value, numbers.Real) and not isinstance(value, bool)
            require(
                real and math.isfinite(value), f"on {kind} it returned {value!r}, no finite number"
            )


def _require_score(subject: Subject) -> None:
    if subject.value.error:
        raise NotApplicableError("it is an error: less is better, without an upper end")


@law("metric")
def in_range(subject: Subject) -> None:
    """Its values lie in [-1, 1]; percent is the leaderboard's.

    Return 0.5 for 50 %.
    """
    _require_score(subject)
    metric = load_target(subject.value.target)
    for kind, (labels, outputs) in _fitting(subject).items():
        for found in (outputs, -outputs, _perfect(labels, outputs)):
            value = float(metric(labels.copy(), found.copy()))
            require(not abs(value) > 1 + 1e-9, f"on {kind} it returned {value}")


@law("metric")
def perfect_is_best(subject: Subject) -> None:
    """On some kind of task, no guess scores higher than the labels, and their opposite lower.

    Return one minus an error.
    """
    _require_score(subject)
    metric = load_target(subject.value.target)
    wrong = []
    for kind, (labels, outputs) in _fitting(subject).items():
        perfect = _perfect(labels, outputs)
        best = float(metric(labels.copy(), perfect.copy()))
        guesses = [float(metric(labels.copy(), guess)) for guess in (outputs.copy(), -outputs)]
        worst = float(metric(labels.copy(), -perfect))
        if worst < best and max(guesses) <= best:
            return
        wrong.append(f"{kind}: the labels {best}, guesses {guesses}, the opposite {worst}")
    require(not wrong, f"scores on {'; '.join(wrong)}")


@law("metric")
def deterministic(subject: Subject) -> None:
    """Equal arrays give equal values.

    Take no number from the clock, the system or an address.
    """
    metric = load_target(subject.value.target)
    for kind, (labels, outputs) in _fitting(subject).items():
        with same_ambient():
            first = metric(labels.copy(), outputs.copy())
        with same_ambient():
            second = metric(labels.copy(), outputs.copy())
        require(first == second, f"on {kind} it returned {first}, then {second}")


@law("metric")
def writes_nothing(subject: Subject) -> None:
    """The arrays that are passed in are not written to.

    Sort a copy.
    """
    metric = load_target(subject.value.target)
    for kind, (labels, outputs) in _fitting(subject).items():
        one, other = labels.copy(), outputs.copy()
        metric(one, other)
        same = np.array_equal(one, labels) and np.array_equal(other, outputs)
        require(same, f"on {kind} it wrote to its arguments")


def _fitted(subject: Subject) -> Callable[[], object]:
    """Return a use of a metric; a first one loads its libraries, which may draw random numbers."""
    _fitting(subject)
    return partial(_fitting, subject)


ambient_laws("metric", _fitted)


def _fitting(subject: Subject) -> dict[str, tuple[Any, Any]]:
    """Return the arrays, by kind of task, that a metric can be computed on."""
    metric = load_target(subject.value.target)
    fitting, raised = {}, ""
    for kind, (labels, outputs) in _arrays().items():
        try:
            metric(labels.copy(), outputs.copy())
        except Exception as error:  # noqa: BLE001  (a metric may refuse what it is not for)
            raised = f"{type(error).__name__}: {' '.join(str(error).split())}"
        else:
            fitting[kind] = labels, outputs
    require(fitting, f"it works for no kind of task; the last one raised {raised}")
    return fitting


def _arrays() -> dict[str, tuple[Any, Any]]:
    draw = _STREAM.numpy()
    found: dict[str, tuple[Any, Any]] = {
        f"{classes} classes": (np.arange(_ROWS) % classes, draw.normal(size=(_ROWS, classes)))
        for classes in (2, 3)
    }
    found["numbers"] = (
        draw.random(_ROWS).astype(np.float32) * 5,
        draw.normal(size=(_ROWS, 1)).astype(np.float32),
    )
    return found


def _perfect(labels: Any, outputs: Any) -> Any:
    """Return outputs that are the labels."""
    if outputs.shape[1] == 1:
        return labels[:, None].astype(outputs.dtype)
    return np.eye(outputs.shape[1])[labels]
