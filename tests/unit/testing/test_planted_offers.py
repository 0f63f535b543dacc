"""Faulty samplers, metrics, tasks and observers: each is caught by the check that names it."""

from __future__ import annotations

import os
import types

import numpy as np
import pytest
import torch
from typing_extensions import override

from metabench.api import (
    GeneratedSource,
    MetricInfo,
    Options,
    RendererInfo,
    SamplerInfo,
    TaskCard,
    hookimpl,
)
from metabench.learning import TaskSampler
from metabench.plugin import Observer, PluginStatus
from metabench.plugin.hooks import open_manager
from metabench.testing.conformance import (
    NotApplicableError,
    NotConformingError,
    Subject,
    checks_of,
)

LOCAL = PluginStatus("planted", __name__, "local", "1")


def failures(subject):
    """Return what each failing check says."""
    said = {}
    for check in checks_of(subject.kind):
        try:
            check.call(subject)
        except NotApplicableError:
            continue
        except NotConformingError as problem:
            said[check.name] = str(problem)
    return said


# -- samplers ------------------------------------------------------------------------------------


class Sound(TaskSampler[Options]):
    """Follows the losses; the faulty ones differ from it in one thing."""

    @override
    def probabilities(self, step, tasks, state):
        weights = {task.name: 1 + state.get(task.name, 0.0) for task in tasks}
        return {name: weight / sum(weights.values()) for name, weight in weights.items()}

    @override
    def update(self, state, losses):
        return {**state, **losses}


class TooMuch(Sound):
    @override
    def probabilities(self, step, tasks, state):
        return {task.name: 1.1 / len(tasks) for task in tasks}


class Negative(Sound):
    @override
    def probabilities(self, step, tasks, state):
        return {tasks[0].name: 1.5, tasks[1].name: -0.5}


class Strange(Sound):
    @override
    def probabilities(self, step, tasks, state):
        return {"somebody else's": 1.0}


class DrawsStrange(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        return [
            *super().draw(step, tasks, state, stream)[:-1],
            *(["strange"] if len(tasks) > 1 else [tasks[0].name]),
        ]


class DrawsMore(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        drawn = super().draw(step, tasks, state, stream)
        return [*drawn, drawn[0]]


class DrawsUniformly(Sound):
    """Says one thing and does another."""

    @override
    def draw(self, step, tasks, state, stream):
        picks = stream.numpy().choice(len(tasks), size=self.schedule.tasks_per_step)
        return [tasks[int(pick)].name for pick in picks]


class LeavesTheTarget(Sound):
    """Says that the last steps are the target's, and draws another task once in a while."""

    @override
    def probabilities(self, step, tasks, state):
        return {task.name: float(task.name == self.schedule.target) for task in tasks}

    @override
    def draw(self, step, tasks, state, stream):
        drawn = list(super().draw(step, tasks, state, stream))
        return [tasks[0].name, *drawn[1:]] if step == 77 else drawn


class DrawsAmbiently(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        torch.rand(1)
        return super().draw(step, tasks, state, stream)


class Unrepeatable(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        return super().draw(step, tasks, state, stream.child(int.from_bytes(os.urandom(4), "big")))


class RemembersItself(Sound):
    seen = 0

    @override
    def update(self, state, losses):
        self.seen += 1
        return state

    @override
    def probabilities(self, step, tasks, state):
        weights = [1 + self.seen * place for place, _ in enumerate(tasks)]
        return {task.name: w / sum(weights) for task, w in zip(tasks, weights, strict=True)}


class WritesToState(Sound):
    @override
    def update(self, state, losses):
        if isinstance(state, dict):
            state.update(losses)
            return state
        return {**state, **losses}


class SeveralTasksOnly(Sound):
    @override
    def draw(self, step, tasks, state, stream):
        return super().draw(step, tasks, state, stream) if len(tasks) > 1 else [tasks[1].name]


SAMPLERS = {
    TooMuch: "probabilities",
    Negative: "probabilities",
    Strange: "probabilities",
    DrawsStrange: "draws_only_tasks",
    DrawsMore: "draws_fill_a_step",
    DrawsUniformly: "fits_probabilities",
    LeavesTheTarget: "target_phase",
    DrawsAmbiently: "no_ambient_randomness",
    Unrepeatable: "deterministic",
    RemembersItself: "state_resumes",
    WritesToState: "writes_nothing",
    SeveralTasksOnly: "copes_with_one_task",
}


def sampler(target):
    info = SamplerInfo("planted", f"{__name__}:{target.__qualname__}", Options, "a summary")
    return Subject("sampler", "planted", info, LOCAL)


def test_the_sound_sampler_conforms():
    assert failures(sampler(Sound)) == {}


@pytest.mark.parametrize("fault", SAMPLERS, ids=lambda fault: fault.__name__)
def test_a_faulty_sampler_is_caught_by_the_check_that_names_its_fault(fault):
    said = failures(sampler(fault))

    assert set(said) == {SAMPLERS[fault]}, said


# -- metrics -------------------------------------------------------------------------------------


def accuracy(labels, outputs):
    return float((outputs.argmax(axis=1) == labels).mean())


def percent(labels, outputs):
    return 100 * accuracy(labels, outputs)


def error_rate(labels, outputs):
    return 1 - accuracy(labels, outputs)


def recall(labels, outputs):
    with np.errstate(invalid="ignore"):
        return float(
            np.float64(((outputs.argmax(axis=1) == 1) & (labels == 1)).sum()) / (labels == 1).sum()
        )


def in_place(labels, outputs):
    outputs.sort(axis=1)
    return float((outputs[:, -1] > 0).mean())


def drawn(labels, outputs):
    return accuracy(labels, outputs) + 1e-9 * np.random.random()  # noqa: NPY002


METRICS = {
    percent: "in_range",
    error_rate: "perfect_is_best",
    recall: "finite",
    in_place: "writes_nothing",
    drawn: "no_ambient_randomness",
}


def metric(function):
    return Subject(
        "metric", "planted", MetricInfo("planted", f"{__name__}:{function.__name__}", "P"), LOCAL
    )


def test_the_sound_metric_conforms():
    assert failures(metric(accuracy)) == {}


@pytest.mark.parametrize("fault", METRICS, ids=lambda fault: fault.__name__)
def test_a_faulty_metric_is_caught_by_the_check_that_names_its_fault(fault):
    said = failures(metric(fault))

    assert METRICS[fault] in said, said


# -- tasks ---------------------------------------------------------------------------------------


def rows(name, split):
    count = {"train": 6, "validation": 3}[split]
    return {"text": [f"row {n}" for n in range(count)], "label": [n % 2 for n in range(count)]}


def other_rows(name, split):
    return {**rows(name, split), "text": [os.urandom(4).hex() for _ in rows(name, split)["text"]]}


def mislabelled(name, split):
    return {**rows(name, split), "label": [7] * len(rows(name, split)["text"])}


SOUND_CARD = TaskCard(
    name="planted",
    title="Planted",
    source=GeneratedSource(target=f"{__name__}:rows"),
    text=("text",),
    labels=("no", "yes"),
    metrics=("accuracy",),
    splits={"train": 6, "validation": 3},
    scored="validation",
    summary="A task.",
    licence="CC0",
    citation="nobody",
    generated=True,
)
CARDS = {
    "no licence": ({"licence": " "}, "card_complete"),
    "no citation": ({"citation": ""}, "card_complete"),
    "one class": ({"labels": ("yes",)}, "card_complete"),
    "a column twice": ({"text": ("text", "text")}, "card_complete"),
    "no official size": ({"splits": {"train": 6}}, "card_complete"),
    "other labels": ({"source": GeneratedSource(target=f"{__name__}:mislabelled")}, "rows_load"),
    "another text each time": (
        {"source": GeneratedSource(target=f"{__name__}:other_rows")},
        "generated_alike",
    ),
    "not said to be generated": ({"generated": False}, "generated_alike"),
}


def test_the_sound_task_conforms():
    assert failures(Subject("task", "planted", SOUND_CARD, LOCAL)) == {}


@pytest.mark.parametrize("fault", CARDS)
def test_a_faulty_task_is_caught_by_the_check_that_names_its_fault(fault):
    change, check = CARDS[fault]
    said = failures(Subject("task", "planted", SOUND_CARD.model_copy(update=change), LOCAL))

    assert check in said, said


# -- observers -----------------------------------------------------------------------------------


def observer(call, hook="metabench_step"):
    plugin = types.SimpleNamespace(**{hook: hookimpl(call)})
    return Subject("observer", "planted", Observer(LOCAL, open_manager(plugin)), LOCAL)


def listens(event):
    del event


def raises(event):
    return event.scalars["no such scalar"]


def draws(event):
    np.random.random()  # noqa: NPY002


def moves(event):
    os.chdir("/")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (listens, set()),
        (raises, {"accepts_events"}),
        (draws, {"no_ambient_randomness"}),
        (moves, {"leaves_globals"}),
    ],
)
def test_a_faulty_observer_is_caught_by_the_check_that_names_its_fault(call, expected):
    assert set(failures(observer(call))) == expected


# -- renderers -----------------------------------------------------------------------------------


def plain(board):
    names = [row.method for row in board.rows]
    return "\n".join("".join(c if c.isprintable() else " " for c in name) for name in names)


def nothing(board):
    return None


def first_only(board):
    return plain(board).partition("\n")[0]


def unescaped(board):
    return "\n".join(row.method for row in board.rows)


def never_alike(board):
    return f"{plain(board)} {os.urandom(4).hex()}"


def needs_a_mean(board):
    return plain(board) + "".join(f"{score.mean:.2f}" for row in board.rows for score in row.scores)


def shuffled(board):
    return f"{plain(board)}{np.random.random()}"  # noqa: NPY002


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (plain, set()),
        (first_only, {"names_every_method"}),
        (unescaped, {"no_control_characters"}),
        (never_alike, {"deterministic"}),
        (shuffled, {"no_ambient_randomness"}),
    ],
)
def test_a_faulty_renderer_is_caught_by_the_check_that_names_its_fault(function, expected):
    info = RendererInfo("planted", f"{__name__}:{function.__name__}", "a summary")

    assert set(failures(Subject("renderer", "planted", info, LOCAL))) == expected


@pytest.mark.parametrize("function", [nothing, needs_a_mean])
def test_a_renderer_that_gives_no_text_is_caught(function):
    info = RendererInfo("planted", f"{__name__}:{function.__name__}", "a summary")

    assert "returns_text" in failures(Subject("renderer", "planted", info, LOCAL))
