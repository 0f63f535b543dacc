"""Faulty tasks and metrics: each is caught by the check that names its fault."""

from __future__ import annotations

import os

import numpy as np
import pytest

from metabench.api import (
    GeneratedSource,
    MetricInfo,
    TaskCard,
)
from metabench.plugin.status import PluginStatus
from metabench.testing.conformance import (
    Subject,
)

LOCAL = PluginStatus("planted", __name__, "local", "1")


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


def test_the_sound_metric_conforms(failures):
    assert failures(metric(accuracy)) == {}


@pytest.mark.parametrize("fault", METRICS, ids=lambda fault: fault.__name__)
def test_a_faulty_metric_is_caught_by_the_check_that_names_its_fault(fault, failures):
    said = failures(metric(fault))

    assert METRICS[fault] in said, said


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


def test_the_sound_task_conforms(failures):
    assert failures(Subject("task", "planted", SOUND_CARD, LOCAL)) == {}


@pytest.mark.parametrize("fault", CARDS)
def test_a_faulty_task_is_caught_by_the_check_that_names_its_fault(fault, failures):
    change, check = CARDS[fault]
    said = failures(Subject("task", "planted", SOUND_CARD.model_copy(update=change), LOCAL))

    assert check in said, said
