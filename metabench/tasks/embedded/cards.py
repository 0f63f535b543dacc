"""The cards of the nine generated tasks."""

from __future__ import annotations

from typing import Final

from metabench.api.task import GeneratedSource, TaskCard
from metabench.tasks.embedded.suite import RECIPES

__all__ = ["EMBEDDED"]

_SOURCE = GeneratedSource(target="metabench.tasks.embedded.suite:generate")


def _card(title: str, labels: tuple[str, ...], metrics: tuple[str, ...], summary: str) -> TaskCard:
    name = f"embedded/{title.lower()}"
    recipe = RECIPES[name]
    return TaskCard(
        name=name,
        title=title,
        source=_SOURCE,
        text=recipe.text,
        labels=labels,
        metrics=metrics,
        splits=recipe.splits,
        scored=recipe.scored,
        summary=summary,
        licence="Apache-2.0",
        citation="metabench: rows from a seeded grammar; they say nothing about language",
        generated=True,
    )


_FOLLOWS = ("entailment", "not_entailment")
_ACCURACY = ("accuracy",)

EMBEDDED: Final = (
    _card(
        "Sentiment",
        ("negative", "positive"),
        _ACCURACY,
        "is a sentence good or bad (generated, like SST-2)",
    ),
    _card(
        "Paraphrase",
        ("not_duplicate", "duplicate"),
        ("accuracy", "f1"),
        "do two sentences mean the same (generated, like QQP)",
    ),
    _card(
        "Inference",
        ("entailment", "neutral", "contradiction"),
        _ACCURACY,
        "does a sentence follow, is it open or excluded (generated, like MNLI)",
    ),
    _card(
        "Answer", _FOLLOWS, _ACCURACY, "does a sentence answer a question (generated, like QNLI)"
    ),
    _card(
        "Grammar",
        ("unacceptable", "acceptable"),
        ("matthews",),
        "is a sentence well formed (generated, like CoLA)",
    ),
    _card(
        "Equivalence",
        ("not_equivalent", "equivalent"),
        ("accuracy", "f1"),
        "do two sentences mean the same (generated, like MRPC)",
    ),
    _card(
        "Similarity",
        (),
        ("pearson", "spearman"),
        "how much of their meaning two sentences share, 0 to 5 (generated, like STS-B)",
    ),
    _card("Entailment", _FOLLOWS, _ACCURACY, "does a sentence follow (generated, like RTE)"),
    _card(
        "Science",
        ("entails", "neutral"),
        _ACCURACY,
        "does a statement follow from a law (generated, like SciTail)",
    ),
)
