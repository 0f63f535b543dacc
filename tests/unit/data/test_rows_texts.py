"""A text that no tokenizer can take is refused by row."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from metabench.api.task import GeneratedSource
from metabench.data.rows import _texts, load_rows, load_texts
from metabench.errors import DataError


def test_half_a_character_is_refused_by_row():
    with pytest.raises(DataError, match="row 1: half of a character") as caught:
        _texts(["whole \N{GRINNING FACE}", "half \ud83d"], where="a task, split 'train'")
    assert caught.value.where == "a task, split 'train'"
    assert caught.value.hint == "fix the example, or leave the task out"


@pytest.fixture
def generated(own_task, tmp_path, monkeypatch):
    """Return the function that makes a task whose rows are what some code returns: its use."""

    def make(body, **changes):
        (tmp_path / "own_generator.py").write_text(f"def generate(name, split):\n    {body}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "own_generator", raising=False)
        source = GeneratedSource(target="own_generator:generate")
        return own_task({"sentence": ["x"], "label": [0]}, source=source, **changes)

    return make


def test_texts_are_read_without_their_labels_which_may_be_hidden(own_task):
    use, hub = own_task({"sentence": ["one", "two"], "label": [-1, -1]})

    assert load_texts(use.card, "train", hub=hub) == (["one", "two"],)
    with pytest.raises(DataError, match="no such split; there are 'train'") as caught:
        load_texts(use.card, "test", hub=hub)
    assert caught.value.where == "own/task, split 'test'"


def test_texts_of_a_generator_are_those_of_the_split_by_its_name(generated):
    use, hub = generated("return {'label': [-1], 'sentence': [name + ' ' + split]}")

    assert load_texts(use.card, "dev", hub=hub) == (["own/task dev"],)


@pytest.mark.parametrize(
    ("body", "problem", "where"),
    [
        ("return {'sentence': ['x']}", "no column 'label'; there are 'sentence'",
         "own/task, split 'train'"),
        ("return {'sentence': ['x', 3], 'label': [0, 1]}", "row 1: 3 is not a text",
         "own/task, split 'train', column 'sentence'"),
        ("return {}[name]", "the generator failed: KeyError",
         "own/task, split 'train' (own_generator:generate)"),
        ("from metabench.errors import DataError; raise DataError('mine', where='here')", "mine",
         "here"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_generated_rows_is_named_with_its_place(generated, body, problem, where):
    use, hub = generated(body)

    with pytest.raises(DataError, match=problem) as caught:
        load_rows(use, "train", hub=hub)
    assert caught.value.where == where


def test_numbers_that_are_to_be_standardised_keep_all_their_digits(own_task):
    values = [0.1, 1e9 + 0.1]
    for standardise, kind in ((False, np.float32), (True, np.float64)):
        use, hub = own_task(
            {"sentence": ["one", "two"], "label": values}, labels=(), standardise=standardise
        )
        labels = load_rows(use, "train", hub=hub).labels

        assert labels.dtype == kind
        assert labels.tolist() == np.array(values, dtype=kind).tolist()
