"""Rows of one's own files as a cell gets them: classes as numbers, equal rows known as equal."""

from __future__ import annotations

import numpy as np
import pytest

from metabench.api.task import DataFile, FileSource, TaskCard
from metabench.data.rows import Rows, load_rows
from metabench.data.tokens import load_tokens
from metabench.errors import DataError
from metabench.fingerprint import fingerprint
from metabench.plan.cell import TaskUse
from metabench.tasks.hub import Hub
from metabench.tasks.identity import split_facts


@pytest.fixture
def own_use(tmp_path):
    """Return the function that writes two files: the task in use that reads them."""

    def make(train, scored, *, labels=("no", "yes")):
        files = {}
        for split, text in (("train", train), ("scored", scored)):
            (tmp_path / f"{split}.csv").write_text(f"one,two,label\n{text}")
            files[split] = DataFile(path=str(tmp_path / f"{split}.csv"), format="csv")
        card = TaskCard(
            name="my/pairs", title="Mine", source=FileSource(files=files), text=("one", "two"),
            labels=labels, metrics=("accuracy",), splits={"train": 3, "scored": 2},
            scored="scored", summary="s", licence="l", citation="c",
        )  # fmt: skip
        facts = {split: split_facts(card, split, hub=Hub()) for split in files}
        identity = fingerprint({split: fact.identity for split, fact in facts.items()})
        return TaskUse(card, "target", "train", "scored", identity, 3, 2)

    return make


def test_classes_become_numbers_in_the_order_of_the_card(own_use):
    rows = load_rows(own_use("a,b,yes\nc,d,no\ne,f,yes\n", "g,h,no\ni,j,no\n"), "train", hub=Hub())

    assert rows.texts == (["a", "c", "e"], ["b", "d", "f"])
    assert rows.labels.tolist() == [1, 0, 1]
    assert rows.labels.dtype == np.int64


def test_numbers_become_float32(own_use):
    use = own_use("a,b,1\nc,d,.25\n", "g,h,0\ni,j,2\n", labels=())
    labels = load_rows(use, "train", hub=Hub()).labels

    assert labels.dtype == np.float32
    assert labels.tolist() == [1.0, 0.25]


def test_a_file_that_changes_after_planning_is_refused(own_use, tmp_path):
    use = own_use("a,b,yes\nc,d,no\n", "g,h,no\ni,j,no\n")
    (tmp_path / "train.csv").write_text("one,two,label\na,b,no\nc,d,yes\nk,l,no\n")

    with pytest.raises(DataError, match="my/pairs: the files are no longer those that the run"):
        load_rows(use, "train", hub=Hub())


def test_rows_are_equal_where_all_their_texts_are():
    texts = (["ab", "a", "ab", "a"], ["c", "bc", "c", "bd"])
    digests = Rows(texts, np.zeros(4, dtype=np.int64)).digests()

    assert digests[0] == digests[2]
    assert len(set(digests.tolist())) == 3


def test_a_table_knows_equal_rows_beyond_what_the_encoder_sees(own_use, tokenizer):
    long = "the kind fox helps " * 9
    use = own_use(f"{long} one,b,yes\n{long} two,b,no\n{long} one,b,no\n", "g,h,no\ni,j,no\n")
    table = load_tokens(
        use, "train", tokenizer=tokenizer, max_length=8, hub=Hub(), device="cpu", cache=None
    )

    assert table.row(0) == table.row(1)
    assert table.digests[0] == table.digests[2] != table.digests[1]
    assert table.take(np.array([2, 1])).digests.tolist() == table.digests[[2, 1]].tolist()
