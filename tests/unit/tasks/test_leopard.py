"""LEOPARD's tasks: the examples, classes and order of the repository's files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from metabench.data.check import card_use, every_set
from metabench.data.rows import load_rows
from metabench.errors import DataError
from metabench.tasks.hub import Hub
from metabench.tasks.identity import split_facts
from metabench.tasks.leopard import LEOPARD

_HUB = os.environ.get("METABENCH_HUB", "")
_BESIDE = str(Path(_HUB).parent / "leopard") if _HUB else ""
CLONE = Path(os.environ.get("METABENCH_LEOPARD", _BESIDE) or "nowhere")
needs_data = pytest.mark.skipif(not (CLONE / "data").is_dir(), reason="needs a clone of LEOPARD")

# sha256 of JSON lists (sentence1, sentence2, label) of all files in order: training sets of 4, 8
# and 16 shots, draws 0 to 9 of each, then the evaluation file. Computed from the files by json.
HASHES = {
    "airline": "fb162418eb10eecb",
    "conll": "f73886aa5fb41ece",
    "disaster": "76abc3ae256c8ba9",
    "political_audience": "4eec2b2c17c242c6",
    "political_bias": "754d7c1334e19ed8",
    "political_message": "0bdb7e0e794f4465",
    "rating_books": "004864ced1d6cfb4",
    "restaurant": "0283b7ec1648ec7f",
    "scitail": "215caff518bf99b1",
    "sentiment_books": "a83fd83e4fcf0fef",
    "sentiment_dvd": "fee6a1cbb6f86c71",
    "sentiment_kitchen": "176c44442bcc22ad",
}


@pytest.fixture
def hub(tmp_path):
    """Return a mirror that holds the clone."""
    (tmp_path / "datasets" / "iesl").mkdir(parents=True)
    (tmp_path / "datasets" / "iesl" / "leopard").symlink_to(CLONE.absolute())
    return Hub(tmp_path, offline=True)


def card_of(name):
    return next(card for card in LEOPARD if card.name == f"leopard/{name}")


def test_there_is_a_card_for_each_task_whose_files_are_known():
    assert {card.name.removeprefix("leopard/") for card in LEOPARD} == HASHES.keys()
    assert {card.drawn_split(shots, draw) for card in LEOPARD for shots in (4, 8, 16) for draw in
            range(10)} >= {split for card in LEOPARD for split in card.training_splits}  # fmt: skip


@needs_data
@pytest.mark.parametrize("name", HASHES)
def test_examples_classes_and_order_are_those_of_the_files(hub, name):
    card, digest = card_of(name), hashlib.sha256()
    parts = {use.train: (use, "train") for use in every_set(card_use(card))}
    parts["eval"] = card_use(card), "scored"
    for split in [card.drawn_split(k, d) for k in (4, 8, 16) for d in range(10)] + ["eval"]:
        if split in parts:  # one of disaster has no example
            use, part = parts[split]
            rows = load_rows(use, part, hub=hub)
            assert len(rows) == card.splits[split]
            second = rows.texts[1] if len(rows.texts) > 1 else [None] * len(rows)
            labels = [card.labels[label] for label in rows.labels]
            for row in zip(rows.texts[0], second, labels, strict=True):
                digest.update(json.dumps(row).encode())

    assert digest.hexdigest()[:16] == HASHES[name]


def test_without_a_clone_the_error_says_where_to_put_one(tmp_path):
    said = "dataset 'iesl/leopard' is not in the mirror"
    with pytest.raises(DataError, match=said) as caught:
        split_facts(card_of("airline"), "eval", hub=Hub(tmp_path, offline=True))

    assert caught.value.hint.startswith(
        "clone https://github.com/iesl/leopard to datasets/iesl/leopard in a mirror"
    )
