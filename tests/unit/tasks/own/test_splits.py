"""Classes, parts and identities of files of one's own."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabench.api.task import HubSource
from metabench.errors import DataError
from metabench.tasks.definition import complete_card, own_notes
from metabench.tasks.hub import Hub
from metabench.tasks.identity import split_facts
from metabench.tasks.overlap import count_overlap
from metabench.tasks.own.hold_out import held_out
from metabench.tasks.own.splits import file_split, own_rows

HEAD = "sentence,label\n"
GOOD = HEAD + "a,no\nb,yes\nc,yes\n"
MANY = HEAD + "".join(f"row {row},{'no' if row % 4 else 'yes'}\n" for row in range(80))
HUB = Hub(offline=True)


def identity(card, split="train"):
    return split_facts(card, split, hub=HUB).identity


def test_sizes_and_classes_are_those_of_the_files(card, write):
    train, scored = write(GOOD), write(HEAD + "d,yes\ne,no\n", "dev.csv")
    found = complete_card(card(train, scored, find_labels=True), ["train", "scored"], hub=HUB)

    assert found.labels == ("no", "yes")
    assert found.splits == {"train": 3, "scored": 2}
    assert found.outputs == 2


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["b", "10", "9"], ("10", "9", "b")),
        (["B", "a", "a"], ("B", "a")),
    ],
)
def test_classes_that_nobody_lists_are_sorted_whole_numbers_by_size(card, write, labels, expected):
    path = write(HEAD + "".join(f"row,{label}\n" for label in labels))

    found = complete_card(card(path, find_labels=True), ["train"], hub=HUB)

    assert found.labels == expected


def test_a_class_that_only_the_scored_file_has_is_named(card, write):
    train, scored = write(GOOD), write(HEAD + "d,yes\ne,oh\n", "dev.csv")

    with pytest.raises(DataError, match=r"dev.csv:3: unknown label 'oh'; there are 'no', 'yes'"):
        complete_card(card(train, scored, find_labels=True), ["train", "scored"], hub=HUB)


def test_labels_that_are_no_classes_are_refused_with_the_way_out(card, write):
    path = write(HEAD + "".join(f"row,{row}.5\n" for row in range(1001)))

    with pytest.raises(DataError, match="1,001 distinct labels, which are no classes") as caught:
        complete_card(card(path, find_labels=True), ["train"], hub=HUB)

    assert 'kind = "regression"' in caught.value.hint


def test_files_elsewhere_have_the_same_identity(card, write, tmp_path):
    path = write(GOOD)
    moved = Path(shutil.copy(path, tmp_path / "moved.csv"))

    assert identity(card(path)) == identity(card(moved))


def test_another_row_column_or_order_of_classes_is_another_identity(card, write):
    before = identity(card(write(GOOD)))
    more = identity(card(write(GOOD + "d,no\n")))
    turned = identity(card(write(GOOD), labels=("yes", "no")))
    wide = card(write("sentence,label,text\na,no,x\nb,yes,y\n"))
    other = wide.model_copy(update={"text": ("text",)})

    assert len({before, more, turned, identity(wide), identity(other)}) == 5


def test_what_is_held_out_and_what_is_left_are_the_file_and_differ_in_identity(card, write):
    whole = card(write(MANY), scored_fraction=0.25)
    train, scored = own_rows(whole, "train"), own_rows(whole, "scored")

    assert sorted(train.lines + scored.lines) == list(range(2, 82))
    assert Counter(scored.labels) == {"no": 15, "yes": 5}
    assert identity(whole) != identity(whole, "scored")
    assert identity(whole) != identity(card(write(MANY), scored_fraction=0.3))
    assert own_rows(whole, "scored").lines == scored.lines


def test_a_file_that_is_too_small_to_hold_rows_out_is_refused(card, write):
    whole = card(write(GOOD), scored_fraction=0.2)

    with pytest.raises(DataError, match="with scored_fraction, the scored part has one example"):
        own_rows(whole, "scored")


@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.sampled_from("xyz")), max_size=60),
    fraction=st.floats(0.01, 0.99),
)
def test_holding_out_parts_all_rows_keeps_equal_rows_together_and_leaves_some(rows, fraction):
    keys = [key for key, _ in rows]
    strata = [stratum for _, stratum in rows]
    train, out = held_out(keys, strata, fraction=fraction)

    assert sorted(train + out) == list(range(len(rows)))
    assert train == sorted(train)
    assert not {keys[row] for row in train} & {keys[row] for row in out}
    assert bool(train) == bool(rows)
    assert (train, out) == held_out(keys, strata, fraction=fraction)


def test_rows_that_repeat_others_are_noted(card, write):
    train = write(HEAD + "a,no\nb,yes\na,no\n")
    scored = write(HEAD + "a,yes\nc,no\na,no\nd,yes\n", "dev.csv")
    found = complete_card(card(train, scored), ["train", "scored"], hub=HUB)

    assert own_notes(found, "train", "scored", hub=HUB) == (
        "REPEATED: my/task train: 1 of 3 rows repeat the texts of an earlier one",
        "REPEATED: my/task scored: 1 of 4 rows repeat the texts of an earlier one",
        "OVERLAP: my/task: 2 of 4 evaluation examples are in the training split",
    )
    assert (
        own_notes(found, "train", None, hub=HUB) == own_notes(found, "train", "scored", hub=HUB)[:1]
    )


@pytest.mark.parametrize(
    ("other", "notes"),
    [
        ("No", ("ALIKE: my/task: 'No' and 'no' are two classes",)),
        (" yes", ("ALIKE: my/task: ' yes' and 'yes' are two classes",)),
        ("nope", ()),
    ],
)
def test_classes_that_differ_by_case_or_blanks_alone_are_noted(card, write, other, notes):
    found = complete_card(card(write(GOOD + f"d,{other}\n"), find_labels=True), ["train"], hub=HUB)

    assert own_notes(found, "train", None, hub=HUB) == notes


def test_a_class_that_no_training_row_has_is_noted(card, write):
    found = complete_card(card(write(GOOD), labels=("no", "oh", "yes")), ["train"], hub=HUB)

    assert own_notes(found, "train", None, hub=HUB) == (
        "UNSEEN: my/task: no training example has class 'oh'",
    )


def test_rows_without_repetition_need_no_note_and_held_out_rows_one(card, write):
    train, scored = write(GOOD), write(HEAD + "d,yes\ne,no\n", "dev.csv")
    apart = complete_card(card(train, scored), ["train", "scored"], hub=HUB)
    whole = card(write(MANY, "many.csv"), scored_fraction=0.25)
    whole = complete_card(whole, ["train", "scored"], hub=HUB)

    assert own_notes(apart, "train", "scored", hub=HUB) == ()
    assert own_notes(whole, "train", "scored", hub=HUB) == (
        "HELD OUT: my/task: 25 % of its examples, drawn by class, are only scored",
    )


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_overlap_is_what_counting_by_hand_gives(train, scored):
    found = count_overlap(train, scored)

    assert found.train == sum(row in train[:place] for place, row in enumerate(train))
    assert found.scored == sum(row in scored[:place] for place, row in enumerate(scored))
    assert found.both == len([row for row in scored if row in train])


def test_a_split_that_a_file_task_lacks_is_named(card, write):
    with pytest.raises(DataError, match="my/task: no split 'test'; there are 'scored', 'train'"):
        own_rows(card(write(GOOD)), "test")


def test_a_data_set_whose_size_nobody_says_names_the_way_out(card, write):
    own = card(write(GOOD), source=HubSource(id="own/data"))

    with pytest.raises(DataError, match="the number of examples in split 'train'") as caught:
        complete_card(own, ["train"], hub=HUB)

    assert "rows = { train = N }" in caught.value.hint


def test_sizes_of_a_data_set_are_what_is_said_or_what_the_mirror_holds(card, write, tmp_path):
    folder = tmp_path / "datasets" / "own" / "data"
    folder.mkdir(parents=True)
    rows = {"sentence": ["a", "b", "c"], "label": ["no", "yes", "no"]}
    pq.write_table(pa.table(rows), folder / "rows.parquet")
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: one\n  data_files: rows.parquet\n---\n"
    )
    own = card(write(GOOD), source=HubSource(id="own/data"))
    said = own.model_copy(update={"splits": {"train": 9, "scored": 0}})
    hub = Hub(tmp_path, offline=True)

    assert complete_card(own, ["train"], hub=hub).splits["train"] == 3
    assert complete_card(said, ["train"], hub=hub).splits["train"] == 9
    assert own_notes(own, "train", "scored", hub=HUB) == ()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("", "the file has no example; at least 2 are needed"),
        ("a,no\n", "the file has one example; at least 2 are needed"),
        ("a,no\nb,\nc,\n", "the file has one example with a label (2 without one are dropped);"),
        (",".join(["a"] * 2) + "\n", "unknown label 'a'"),
    ],
)
def test_a_split_of_fewer_than_two_examples_is_refused_with_what_was_dropped(
    card, write, rows, said
):
    few = card(write(HEAD + rows), unlabelled="drop")

    with pytest.raises(DataError) as caught:
        own_rows(few, "train")
    assert caught.value.problem.startswith(said)


def test_two_examples_of_two_classes_are_a_split(card, write):
    assert own_rows(card(write(HEAD + "a,no\nb,yes\n")), "train").labels == ["no", "yes"]


def test_a_thousand_labels_may_be_classes(card, write):
    path = write(HEAD + "".join(f"row,label {row}\n" for row in range(1000)))

    assert len(complete_card(card(path, find_labels=True), ["train"], hub=HUB).labels) == 1000


def test_labels_are_told_as_they_are_in_the_data_and_texts_without_reading_them(card, write):
    split = file_split(card(write(HEAD + "a,no\nb,odd\n")), "train")

    assert split.words() == ["no", "odd"]
    assert split.texts() == (["a", "b"],)
    assert file_split(card(write(HEAD + "a,\nb,odd\n", "bare.csv")), "train").texts() == (
        ["a", "b"],
    )
    with pytest.raises(DataError, match="the text in column 'sentence' is empty"):
        file_split(card(write(HEAD + " ,no\n", "bad.csv")), "train").texts()


def test_how_a_file_is_read_follows_from_the_card(card, write):
    path = write(GOOD)
    plain = file_split(card(path, unlabelled="drop", values={"1": "yes"}), "train")
    number = file_split(card(path, labels=()), "train")
    found = file_split(card(path, find_labels=True), "train")

    assert (plain.classes, plain.values, plain.drop) == (("no", "yes"), (("1", "yes"),), True)
    assert (plain.by_position, plain.declared, plain.rules.empty_texts) == (False, (), False)
    assert (plain.rules.text, plain.rules.label, plain.rules.numbers) == (
        ("sentence",),
        "label",
        False,
    )
    assert (number.rules.numbers, number.drop, found.rules.numbers) == (True, False, False)
