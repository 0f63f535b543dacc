"""The cards of the LEOPARD few-shot tasks: ten drawn training sets each of 4, 8 and 16 shots.

The data are a clone of the repository of Bansal, Jha and McCallum 2020. Five of its 17 tasks have
no card: the evaluation file of sentiment_electronics is cut off after three examples, and how many
evaluation examples emotion, rating_dvd, rating_electronics and rating_kitchen have is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metabench.api.task import HubSource, TaskCard

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LEOPARD"]

_URL = "https://github.com/iesl/leopard"
_PAPER = (
    "Bansal, Jha, McCallum 2020, Learning to Few-Shot Learn Across Diverse Natural Language "
    "Classification Tasks"
)
_REVIEWS = (
    "Blitzer, Dredze, Pereira 2007, Biographies, Bollywood, Boom-boxes and Blenders: Domain "
    f"Adaptation for Sentiment Classification; {_PAPER}"
)
_TERMS = "not stated in the repository; separate terms hold for {}"
_SHOTS, _DRAWS = (4, 8, 16), 10
_SENTENCE = ("sentence1",)
_SENTENCES = ("sentence1", "sentence2")
_POLARITY = ("negative", "positive")


def _card(  # noqa: PLR0913  (what differs between the tasks)
    name: str,
    title: str,
    labels: Sequence[str],
    *,
    scored: int,
    summary: str,
    texts: str,
    text: tuple[str, ...] = _SENTENCE,
    citation: str = _PAPER,
    file: str = "",
    train: str = "train_0_16",
    empty: str = "",
) -> TaskCard:
    """Return a card.

    Args:
        name: the folder of the task.
        title: the name on a leaderboard.
        labels: the classes.
        scored: evaluation examples.
        summary: one line.
        texts: whose terms hold.
        text: the text columns.
        citation: the authors.
        file: the prefix of its files, where that is not the folder's name.
        train: the set that stands for the training split where no shots are given.
        empty: a set that has no example in the source.
    """
    sets = {
        f"train_{draw}_{shots}": shots * len(labels)
        for shots in _SHOTS
        for draw in range(_DRAWS)
        if f"train_{draw}_{shots}" != empty
    }
    return TaskCard(
        name=f"leopard/{name}",
        title=title,
        source=HubSource(
            id="iesl/leopard",
            revision="024ee5fdd7c1117720336516f0b6047cec6ee8a5",
            files=f"data/json/{name}/{file or name}_{{split}}.json",
            url=_URL,
        ),
        text=text,
        labels=tuple(labels),
        metrics=("accuracy",),
        splits={**sets, "eval": scored},
        train=train,
        scored="eval",
        drawn="train_{draw}_{shots}",
        summary=summary,
        licence=_TERMS.format(texts),
        citation=citation,
    )


LEOPARD: Final = (
    _card(
        "airline",
        "Airline",
        ("negative", "neutral", "positive"),
        scored=7320,
        summary="the sentiment of a tweet to an airline",
        texts="tweets",
    ),
    _card(
        "conll",
        "CoNLL",
        ("I-LOC", "I-MISC", "I-ORG", "I-PER"),
        scored=5648,
        summary="the type of a named entity in a sentence of the news",
        texts="the news articles",
        text=_SENTENCES,
        citation=(
            "Tjong Kim Sang, De Meulder 2003, Introduction to the CoNLL-2003 Shared Task: "
            f"Language-Independent Named Entity Recognition; {_PAPER}"
        ),
        file="conll_c",
    ),
    _card(
        "disaster",
        "Disaster",
        ("Not Relevant", "Relevant"),
        scored=5430,
        summary="whether a tweet is about a disaster",
        texts="tweets",
        train="train_1_16",
        empty="train_0_16",
    ),
    _card(
        "political_audience",
        "Audience",
        ("constituency", "national"),
        scored=1034,
        summary="the audience of a politician's message",
        texts="the messages",
    ),
    _card(
        "political_bias",
        "Bias",
        ("neutral", "partisan"),
        scored=1346,
        summary="whether a politician's message is partisan",
        texts="the messages",
    ),
    _card(
        "political_message",
        "Message",
        (
            *("attack", "constituency", "information", "media", "mobilization"),
            *("other", "personal", "policy", "support"),
        ),
        scored=450,
        summary="the purpose of a politician's message",
        texts="the messages",
    ),
    _card(
        "rating_books",
        "Rating books",
        ("2", "4", "5"),
        scored=1391,
        summary="the stars of a review of a book",
        texts="the reviews",
        citation=_REVIEWS,
    ),
    _card(
        "restaurant",
        "Restaurant",
        (
            *("Amenity", "Cuisine", "Dish", "Hours", "Location"),
            *("Price", "Rating", "Restaurant_Name"),
        ),
        scored=2591,
        summary="the type of a phrase in a question about restaurants",
        texts="the questions",
        text=_SENTENCES,
    ),
    _card(
        "scitail",
        "LEOPARD SciTail",
        ("entails", "neutral"),
        scored=2126,
        summary="does a sentence support the answer to a question of a science examination",
        texts="the sentences (Apache-2.0)",
        text=_SENTENCES,
        citation=(
            "Khot, Sabharwal, Clark 2018, SciTaiL: A Textual Entailment Dataset from Science "
            f"Question Answering; {_PAPER}"
        ),
    ),
    *(
        _card(
            f"sentiment_{domain}",
            f"Sentiment {title}",
            _POLARITY,
            scored=1000,
            summary=f"whether a review of {what} is positive",
            texts="the reviews",
            citation=_REVIEWS,
        )
        for domain, title, what in (
            ("books", "books", "a book"),
            ("dvd", "DVDs", "a DVD"),
            ("kitchen", "kitchen", "a kitchen appliance"),
        )
    ),
)
