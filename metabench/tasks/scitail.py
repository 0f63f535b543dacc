"""The card of SciTail."""

from __future__ import annotations

from typing import Final

from metabench.api.task import HubSource, TaskCard

__all__ = ["SCITAIL"]

SCITAIL: Final = TaskCard(
    name="scitail",
    title="SciTail",
    source=HubSource(id="allenai/scitail", config="tsv_format"),
    text=("premise", "hypothesis"),
    labels=("entails", "neutral"),
    metrics=("accuracy",),
    splits={"train": 23_596, "validation": 1304, "test": 2126},
    scored="test",
    summary="does a sentence support the answer to a question of a science examination",
    licence="Apache-2.0",
    citation=(
        "Khot, Sabharwal, Clark 2018, SciTaiL: A Textual Entailment Dataset from Science "
        "Question Answering"
    ),
)
