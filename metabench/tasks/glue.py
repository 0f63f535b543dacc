"""The cards of the eight GLUE tasks; WNLI is left out, as in the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metabench.api.task import HubSource, TaskCard

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GLUE"]

_HUB_ID = "nyu-mll/glue"
_SENTENCE = ("sentence",)
_SENTENCES = ("sentence1", "sentence2")
_FOLLOWS = ("entailment", "not_entailment")
_GLUE = "Wang et al. 2019, GLUE"


def _splits(train: int, validation: int, test: int) -> Mapping[str, int]:
    return {"train": train, "validation": validation, "test": test}


COLA: Final = TaskCard(
    name="glue/cola",
    title="CoLA",
    source=HubSource(id=_HUB_ID, config="cola"),
    text=_SENTENCE,
    labels=("unacceptable", "acceptable"),
    metrics=("matthews",),
    splits=_splits(8551, 1043, 1063),
    scored="validation",
    summary="is an English sentence grammatically acceptable",
    licence="not stated; sentences from published linguistics literature, for research",
    citation=f"Warstadt, Singh, Bowman 2019, Neural Network Acceptability Judgments; {_GLUE}",
)
SST2: Final = TaskCard(
    name="glue/sst2",
    title="SST-2",
    source=HubSource(id=_HUB_ID, config="sst2"),
    text=_SENTENCE,
    labels=("negative", "positive"),
    metrics=("accuracy",),
    splits=_splits(67349, 872, 1821),
    scored="validation",
    summary="is a phrase of a film review positive",
    licence="not stated; excerpts of film reviews, for research",
    citation=(
        "Socher et al. 2013, Recursive Deep Models for Semantic Compositionality "
        f"Over a Sentiment Treebank; {_GLUE}"
    ),
)
MRPC: Final = TaskCard(
    name="glue/mrpc",
    title="MRPC",
    source=HubSource(id=_HUB_ID, config="mrpc"),
    text=_SENTENCES,
    labels=("not_equivalent", "equivalent"),
    metrics=("accuracy", "f1"),
    splits=_splits(3668, 408, 1725),
    scored="validation",
    summary="do two sentences from the news mean the same",
    licence="Microsoft Research licence, for research",
    citation=(
        "Dolan, Brockett 2005, Automatically Constructing a Corpus of Sentential "
        f"Paraphrases; {_GLUE}"
    ),
)
QQP: Final = TaskCard(
    name="glue/qqp",
    title="QQP",
    source=HubSource(id=_HUB_ID, config="qqp"),
    text=("question1", "question2"),
    labels=("not_duplicate", "duplicate"),
    metrics=("accuracy", "f1"),
    splits=_splits(363_846, 40_430, 390_965),
    scored="validation",
    summary="do two questions of Quora's users ask the same",
    licence="Quora's terms of service, not commercial",
    citation=f"Iyer, Dandekar, Csernai 2017, First Quora Dataset Release: Question Pairs; {_GLUE}",
)
STSB: Final = TaskCard(
    name="glue/stsb",
    title="STS-B",
    source=HubSource(id=_HUB_ID, config="stsb"),
    text=_SENTENCES,
    bounds=(0.0, 5.0),
    metrics=("pearson", "spearman"),
    splits=_splits(5749, 1500, 1379),
    scored="validation",
    summary="how similar in meaning are two sentences, from 0 to 5",
    licence="mixed: CC BY-SA 4.0 and the terms of its sources",
    citation=(
        "Cer et al. 2017, SemEval-2017 Task 1: Semantic Textual Similarity Multilingual and "
        f"Crosslingual Focused Evaluation; {_GLUE}"
    ),
)
MNLI: Final = TaskCard(
    name="glue/mnli",
    title="MNLI",
    source=HubSource(id=_HUB_ID, config="mnli"),
    text=("premise", "hypothesis"),
    labels=("entailment", "neutral", "contradiction"),
    metrics=("accuracy",),
    splits={
        "train": 392_702,
        "validation_matched": 9815,
        "validation_mismatched": 9832,
        "test_matched": 9796,
        "test_mismatched": 9847,
    },
    scored="validation_matched",
    summary="does a hypothesis follow from a premise, is it open or excluded",
    licence="OANC, CC BY 3.0 and CC BY-SA 3.0, by part",
    citation=(
        "Williams, Nangia, Bowman 2018, A Broad-Coverage Challenge Corpus for Sentence "
        f"Understanding through Inference; {_GLUE}"
    ),
)
QNLI: Final = TaskCard(
    name="glue/qnli",
    title="QNLI",
    source=HubSource(id=_HUB_ID, config="qnli"),
    text=("question", "sentence"),
    labels=_FOLLOWS,
    metrics=("accuracy",),
    splits=_splits(104_743, 5463, 5463),
    scored="validation",
    summary="does a sentence of an encyclopedia answer a question",
    licence="CC BY-SA 4.0",
    citation=(
        "Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text; "
        f"{_GLUE}"
    ),
)
RTE: Final = TaskCard(
    name="glue/rte",
    title="RTE",
    source=HubSource(id=_HUB_ID, config="rte"),
    text=_SENTENCES,
    labels=_FOLLOWS,
    metrics=("accuracy",),
    splits=_splits(2490, 277, 3000),
    scored="validation",
    summary="does a sentence follow from a text",
    licence="not stated; news and encyclopedia text, for research",
    citation=(
        "Dagan et al. 2006, Bar Haim et al. 2006, Giampiccolo et al. 2007, Bentivogli et al. "
        f"2009, the PASCAL Recognizing Textual Entailment Challenges; {_GLUE}"
    ),
)

GLUE: Final = (COLA, SST2, MRPC, QQP, STSB, MNLI, QNLI, RTE)
