"""Rows: labels by name, and every row that is not what the card says is named."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from metabench.api.task import GeneratedSource
from metabench.data.rows import load_rows
from metabench.errors import DataError
from metabench.plan.cell import TaskUse
from metabench.tasks.embedded.cards import EMBEDDED
from metabench.tasks.embedded.suite import generate
from metabench.tasks.glue import GLUE
from metabench.tasks.hub import Hub
from metabench.tasks.identity import split_facts
from metabench.tasks.scitail import SCITAIL

TEXTS = ["one", "two", "three"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def classes(*names):
    label = {"names": list(names), "_type": "ClassLabel"}
    sentence = {"dtype": "string", "_type": "Value"}
    return json.dumps({"info": {"features": {"sentence": sentence, "label": label}}})


def test_texts_and_labels_come_as_they_stand_in_the_file(own_task):
    use, hub = own_task({"sentence": TEXTS, "label": [0, 1, 1]}, schema=classes("no", "yes"))
    rows = load_rows(use, "train", hub=hub)

    assert rows.texts == (TEXTS,)
    assert rows.labels.tolist() == [0, 1, 1]
    assert rows.labels.dtype == np.int64
    assert len(rows) == 3


def test_labels_that_are_words_are_counted_in_the_order_of_the_card(own_task):
    use, hub = own_task({"sentence": TEXTS, "label": ["yes", "no", "yes"]})

    assert load_rows(use, "train", hub=hub).labels.tolist() == [1, 0, 1]


def test_numbers_of_a_regression_are_float32(own_task):
    use, hub = own_task({"sentence": TEXTS, "label": [0.5, 5.0, -1.0]}, labels=())
    labels = load_rows(use, "train", hub=hub).labels

    assert labels.dtype == np.float32
    assert labels.tolist() == [0.5, 5.0, -1.0]


def test_classes_that_the_data_declare_count_by_name_not_by_number(own_task):
    use, hub = own_task({"sentence": TEXTS, "label": [0, 1, 1]}, schema=classes("yes", "no"))

    assert load_rows(use, "train", hub=hub).labels.tolist() == [1, 0, 0]


def test_other_classes_than_those_of_the_card_are_refused(own_task):
    use, hub = own_task({"sentence": TEXTS, "label": [0, 1, 1]}, schema=classes("yes", "maybe"))

    with pytest.raises(DataError, match=r"the classes are 'yes', 'maybe', but .* 'no', 'yes'"):
        load_rows(use, "train", hub=hub)


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ([0, -1, 1], "row 2: label -1 is none of 'no', 'yes': labels are hidden or missing"),
        ([0, 1, 2], "row 3: unknown label '2'; there are 'no', 'yes'"),
        ([0, 1, -100], "row 3: unknown label '-100'"),
        ([0, None, 1], "row 2: the label is empty"),
        (["yes", "", "no"], "row 2: the label is empty"),
        (["yes", "no", "maybe"], "row 3: unknown label 'maybe'"),
        ([0.5, 1.0, 1.0], "row 1: label 0.5 is no text and no integer"),
        ([True, False, True], "row 1: unknown label 'true'"),
    ],
)
def test_a_label_that_the_card_does_not_know_is_named_with_its_row(own_task, labels, problem):
    use, hub = own_task({"sentence": TEXTS, "label": labels})

    with pytest.raises(DataError, match=problem) as info:
        load_rows(use, "train", hub=hub)
    assert "rows.parquet" in info.value.where


@pytest.mark.parametrize("label", [None, float("nan"), float("inf"), "x"])
def test_a_number_that_is_none_is_named_with_its_row(own_task, label):
    labels = ["1", "2", label] if isinstance(label, str) else [1.0, 2.0, label]
    use, hub = own_task({"sentence": TEXTS, "label": labels}, labels=())

    with pytest.raises(DataError, match=r"row 3: .*label .*is (empty|not a finite number)"):
        load_rows(use, "train", hub=hub)


def test_hidden_numbers_are_refused(own_task):
    use, hub = own_task({"sentence": TEXTS, "label": [-1.0] * 3}, labels=())

    with pytest.raises(DataError, match="hidden"):
        load_rows(use, "train", hub=hub)


@pytest.mark.parametrize("text", [None, 3])
def test_a_text_that_is_none_is_named_with_its_row(own_task, text):
    texts = [1, 2, text] if isinstance(text, int) else ["one", "two", text]
    use, hub = own_task({"sentence": texts, "label": [0, 1, 0]})

    with pytest.raises(DataError, match=r"row [13]: the text in column 'sentence' is (empty|no )"):
        load_rows(use, "train", hub=hub)


def test_a_missing_column_is_named_with_those_that_are_there(own_task):
    use, hub = own_task({"text": TEXTS, "label": [0, 1, 0]})

    with pytest.raises(DataError, match=r"no column 'sentence'; there are .*'text'"):
        load_rows(use, "train", hub=hub)


def test_a_missing_split_is_named_with_those_that_are_there(own_task):
    use, hub = own_task({"sentence": TEXTS, "label": [0, 1, 0]})

    with pytest.raises(DataError, match="no such split; there are 'train'"):
        load_rows(use, "scored", hub=hub)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{'sentence': [], 'label': []}", "the split is empty"),
        ("{'label': [0]}", "no column 'sentence'; there are 'label'"),
        ("1 / 0", "the generator failed: ZeroDivisionError"),
    ],
)
def test_a_generator_that_makes_no_rows_is_named(own_task, tmp_path, monkeypatch, body, problem):
    (tmp_path / "own_generator.py").write_text(f"def generate(name, split):\n    return {body}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_generator", raising=False)
    use, hub = own_task({"sentence": ["x"], "label": [0]},
                        source=GeneratedSource(target="own_generator:generate"))  # fmt: skip

    with pytest.raises(DataError, match=problem):
        load_rows(use, "train", hub=hub)


@pytest.mark.parametrize(
    ("labels", "kind", "problem"),
    [
        ([0, -1], ("no", "yes"), "row 1: label -1 is none of 'no', 'yes': the labels of this"),
        ([-2, 0], ("no", "yes"), "row 0: label -2 is none of 'no', 'yes'\n"),
        ([True, 0], ("no", "yes"), "row 0: label True is none of 'no', 'yes'\n"),
        ([0.5, None], (), "row 1: label None is not a finite number"),
        ([0.5, float("nan")], (), "row 1: label nan is not a finite number"),
        ([True, 0.5], (), "row 0: label True is not a finite number"),
        ([-1.0, -1], (), "every label is -1: the labels of this split are hidden"),
        (["yes", "no"], ("no", "yes"), None),
        ([1, 0], ("no", "yes"), None),
        ([-1.0, 3], (), None),
    ],
)
def test_generated_labels_are_classes_or_numbers_or_named_with_their_row(
    own_task, tmp_path, monkeypatch, labels, kind, problem
):
    text = repr(labels).replace("nan", "float('nan')")
    made = f"def generate(name, split):\n    return {{'sentence': ['a', 'b'], 'label': {text}}}\n"
    (tmp_path / "own_generator.py").write_text(made)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_generator", raising=False)
    use, hub = own_task({"sentence": ["x"], "label": [0]}, labels=kind,
                        source=GeneratedSource(target="own_generator:generate"))  # fmt: skip

    if problem is None:
        expected = [kind.index(label) if label in kind else label for label in labels]
        assert load_rows(use, "train", hub=hub).labels.tolist() == expected
        return
    with pytest.raises(DataError, match=problem):
        load_rows(use, "train", hub=hub)


@pytest.mark.parametrize("card", EMBEDDED, ids=lambda card: card.name)
def test_generated_rows_are_what_the_generator_makes(card):
    use = TaskUse(card, "target", card.train, card.scored, "", train_rows=1, scored_rows=1)
    rows = load_rows(use, "scored", hub=Hub())
    made = generate(card.name, card.scored)

    assert rows.texts == tuple(made[column] for column in card.text)
    assert rows.labels == pytest.approx(np.array(made["label"]))


HUB = os.environ.get("METABENCH_HUB") or None
SPLITS = {"glue/qnli": ("validation", "validation")}


@pytest.mark.skipif(not HUB, reason="METABENCH_HUB names no mirror")
@pytest.mark.parametrize("card", [*GLUE, SCITAIL], ids=lambda card: card.name)
def test_the_mirror_holds_what_the_card_says(card):
    hub = Hub(Path(HUB).resolve(), offline=True)
    train, scored = SPLITS.get(card.name, (card.train, card.scored))
    use = TaskUse(card, "target", train, scored, "", train_rows=1, scored_rows=1)
    for part, split in (("train", train), ("scored", scored)):
        rows = load_rows(use, part, hub=hub)

        assert len(rows) == split_facts(card, split, hub=hub).rows <= card.splits[split]
        assert len(rows.texts) == len(card.text)
        if card.labels:
            assert set(rows.labels.tolist()) == set(range(len(card.labels)))


@pytest.mark.skipif(not HUB, reason="METABENCH_HUB names no mirror")
@pytest.mark.parametrize("name", ["glue/cola", "glue/stsb"])
def test_hidden_labels_of_glue_are_refused(name):
    card = next(card for card in GLUE if card.name == name)
    use = TaskUse(card, "target", "train", "test", "", train_rows=1, scored_rows=1)

    with pytest.raises(DataError, match="hidden"):
        load_rows(use, "scored", hub=Hub(Path(HUB).resolve(), offline=True))
