"""What a label means: by its text, its number, or as the data declare; never by chance."""

from __future__ import annotations

import json
import os
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.api.task import HubSource
from metabench.errors import DataError
from metabench.tasks.definition import complete_card, own_notes
from metabench.tasks.hub import Hub
from metabench.tasks.identity import split_facts
from metabench.tasks.own.splits import own_rows

HUB = Hub(offline=True)
TEXTS = ["a", "b", "c", "d"]
CONFIG = "---\nconfigs:\n- config_name: default\n  data_files: rows.parquet\n---\n"


def declared(*names):
    label = {"names": list(names), "_type": "ClassLabel"}
    return {"huggingface": json.dumps({"info": {"features": {"label": label}}})}


@pytest.fixture
def mirrored(card, write, tmp_path):
    """The function that puts labels into a mirror: the completed card, and its hub."""

    def make(labels, names, *, metadata=None, **changes):
        folder = tmp_path / "datasets" / "own" / "data"
        folder.mkdir(parents=True, exist_ok=True)
        table = pa.table({"sentence": TEXTS[: len(labels)], "label": labels})
        pq.write_table(table.replace_schema_metadata(metadata), folder / "rows.parquet")
        (folder / "README.md").write_text(CONFIG)
        own = card(write("x"), source=HubSource(id="own/data"), labels=names, **changes)
        hub = Hub(tmp_path, offline=True)
        return complete_card(own, ["train"], hub=hub), hub

    return make


@pytest.mark.parametrize(
    ("labels", "names", "changes", "expected"),
    [
        (pa.array([0, 4, 0], pa.int32()), ("0", "4"), {}, ["0", "4", "0"]),
        (pa.array([1, 5, 2], pa.int8()), ("1", "2", "3", "4", "5"), {}, ["1", "5", "2"]),
        (pa.array([True, False, True]), ("false", "true"), {}, ["true", "false", "true"]),
        (["True", "False", "true"], ("false", "true"), {}, ["true", "false", "true"]),
        (["1", "0", "1"], ("0", "1"), {}, ["1", "0", "1"]),
        (pa.array([1.0, 0.0, 1.0]), ("0", "1"), {}, ["1", "0", "1"]),
        (["0", "4", "0"], ("negative", "positive"),
         {"values": {"0": "negative", "4": "positive"}}, ["negative", "positive", "negative"]),
        (pa.array([4, 0, 4]), ("negative", "positive"),
         {"values": {"0": "negative", "4": "positive"}}, ["positive", "negative", "positive"]),
        (pa.array(["no", "yes", "no"]).dictionary_encode(), ("no", "yes"), {}, ["no", "yes", "no"]),
        (pa.array([1, 2, 1], pa.decimal128(3, 1)), ("1", "2"), {}, ["1", "2", "1"]),
    ],
)  # fmt: skip
def test_a_label_is_the_class_of_its_text_or_its_number(mirrored, labels, names, changes, expected):
    found, hub = mirrored(labels, names, **changes)

    assert own_rows(found, "train", hub=hub).labels == expected


def test_a_number_is_the_place_of_a_class_only_with_a_note(mirrored):
    found, hub = mirrored([1, 0, 1], ("neg", "pos"))

    assert own_rows(found, "train", hub=hub).labels == ["pos", "neg", "pos"]
    assert own_notes(found, "train", None, hub=hub)[0] == (
        "BY PLACE: my/task: labels are numbers, read by the order of classes: 0 = 'neg', 1 = 'pos'"
    )


@pytest.mark.parametrize("names", [("0", "4"), ("neg", "pos")])
def test_a_number_that_is_no_class_is_never_taken_for_a_place(mirrored, names):
    with pytest.raises(DataError, match=r"row [12]: unknown label '[13]'"):
        mirrored([1, 3, 1], names)


def test_class_names_of_a_schema_count_by_number_and_need_no_note(mirrored, card, tmp_path):
    metadata = declared("pos", "neg")
    found, hub = mirrored([0, 1, 0], ("neg", "pos"), metadata=metadata)
    own_file = card(tmp_path / "datasets/own/data/rows.parquet", find_labels=True)

    assert own_rows(found, "train", hub=hub).labels == ["pos", "neg", "pos"]
    assert own_notes(found, "train", None, hub=hub) == ()
    assert complete_card(own_file, ["train"], hub=HUB).labels == ("pos", "neg")


def test_a_row_without_a_label_is_refused_or_dropped_and_counted(mirrored):
    labels = [0, -1, 1, 1]
    with pytest.raises(DataError, match="row 2: label -1 is none of 'no', 'yes'") as caught:
        mirrored(labels, ("no", "yes"), metadata=declared("no", "yes"))
    found, hub = mirrored(labels, ("no", "yes"), metadata=declared("no", "yes"), unlabelled="drop")

    assert 'unlabelled = "drop"' in caught.value.hint
    assert own_rows(found, "train", hub=hub).texts == (["a", "c", "d"],)
    assert found.splits["train"] == 3
    assert own_notes(found, "train", None, hub=hub) == (
        "DROPPED: my/task train: 1 of 4 rows have no label",
    )


@pytest.mark.parametrize("missing", ["", "-1"])
def test_rows_without_a_label_are_dropped_of_a_file_too(card, write, missing):
    path = write(f"sentence,label\na,no\nb,{missing}\nc,yes\n")

    assert own_rows(card(path, unlabelled="drop"), "train").labels == ["no", "yes"]


def test_what_is_dropped_of_a_file_that_is_parted_is_counted_once(card, write):
    rows = "".join(f"text {n},{'no' if n % 2 else 'yes'}\n" for n in range(12))
    path = write(f"sentence,label\nx,\n{rows}")
    found = card(path, unlabelled="drop", scored_fraction=0.25)
    notes = own_notes(found, "train", "scored", hub=HUB)

    assert [note for note in notes if note.startswith("DROPPED")] == [
        "DROPPED: my/task train: 1 of 9 rows have no label"
    ]


def test_composed_and_decomposed_labels_are_one_class_with_a_note(card, write):
    composed, apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    path = write(f"sentence,label\na,{composed}\nb,{apart}\nc,bar\n")
    found = complete_card(card(path, find_labels=True), ["train"], hub=HUB)

    assert found.labels == ("bar", composed)
    assert own_rows(found, "train").labels == [composed, composed, "bar"]
    assert own_notes(found, "train", None, hub=HUB) == (
        "JOINED: my/task: 'café' is spelt composed and decomposed: one class",
    )


def test_a_real_number_and_the_whole_number_it_is_are_one_class(card, write):
    train = write("sentence,label\na,0.0\nb,1.0\nc,1\n")
    scored = write("sentence,label\nd,0\ne,1\n", "dev.csv")
    found = complete_card(card(train, scored, find_labels=True), ["train", "scored"], hub=HUB)

    assert found.labels == ("0.0", "1")
    assert own_rows(found, "train").labels == ["0.0", "1", "1"]
    assert own_rows(found, "scored").labels == ["0.0", "1"]


@pytest.mark.parametrize("sign", ["\u200c", "\u00a0", "\u202f", "\u3000", "\u00ad", "\u2060"])
def test_format_characters_and_special_spaces_are_text_of_a_label(card, write, sign):
    label = f"x{sign}y"
    path = write(f"sentence,label\na,{label}\nb,no\n")

    assert set(own_rows(card(path, labels=("no", label)), "train").labels) == {"no", label}


def test_classes_that_look_like_measurements_are_noted(card, write):
    path = write("sentence,label\n" + "".join(f"t{row},{row / 8}\n" for row in range(9)))
    found = complete_card(card(path, find_labels=True), ["train"], hub=HUB)

    (note,) = own_notes(found, "train", None, hub=HUB)
    assert note.startswith("NUMBERS: my/task: its 9 classes are numbers, such as 0")
    assert 'kind = "regression"' in note


def test_the_positive_class_is_the_second(card, write):
    path = write("sentence,label\na,rare\nb,usual\n")
    found = complete_card(card(path, find_labels=True, positive="rare"), ["train"], hub=HUB)

    assert found.labels == ("usual", "rare")
    with pytest.raises(DataError, match=r"positive = 'odd' is none of two classes; there are"):
        complete_card(card(path, find_labels=True, positive="odd"), ["train"], hub=HUB)


def test_the_class_that_f1_is_of_is_named_under_every_table(card, write):
    path = write("sentence,label\na,rare\nb,usual\n")
    own = card(path, find_labels=True, metrics=("accuracy", "f1"))
    found = complete_card(own, ["train"], hub=HUB)
    chosen = complete_card(own.model_copy(update={"positive": "rare"}), ["train"], hub=HUB)

    assert own_notes(found, "train", None, hub=HUB) == (
        "POSITIVE: my/task: f1 is of class 'usual'",
    )
    assert own_notes(chosen, "train", None, hub=HUB) == (
        "POSITIVE: my/task: f1 is of class 'rare'",
    )


def test_f1_of_more_than_two_classes_that_were_found_is_refused(card, write):
    path = write("sentence,label\na,x\nb,y\nc,z\n")

    with pytest.raises(DataError, match="there are 3; take 'f1_macro', 'f1_micro' or 'f1_weight"):
        complete_card(card(path, find_labels=True, metrics=("f1",)), ["train"], hub=HUB)


def test_rows_are_those_of_the_hashed_bytes_whatever_the_time_stamp(mirrored):
    """The library's cache went by the time of modification, which can stay while rows change."""
    found, hub = mirrored([0, 1, 0], ("no", "yes"), metadata=declared("no", "yes"))
    path = hub.mirror / "datasets/own/data/rows.parquet"
    os.utime(path, (1, 1))
    before = split_facts(found, "train", hub=hub).identity
    labels = own_rows(found, "train", hub=hub).labels
    table = pq.read_table(path)
    flipped = table.set_column(1, "label", pa.array(1 - table["label"].to_numpy()))
    pq.write_table(flipped.replace_schema_metadata(table.schema.metadata), path)
    os.utime(path, (1, 1))

    assert split_facts(found, "train", hub=hub).identity != before
    assert own_rows(found, "train", hub=hub).labels == ["yes", "no", "yes"] != labels


def test_reading_numbers_of_text_with_a_decimal_comma(card, write):
    path = write("sentence;label\na;1,5\nb;-2\n")
    own = card(path, labels=())
    file = own.source.files["train"].model_copy(update={"delimiter": ";", "decimal": ","})
    source = own.source.model_copy(update={"files": {"train": file, "scored": file}})

    assert own_rows(own.model_copy(update={"source": source}), "train").labels == [1.5, -2.0]
    assert np.isfinite(own_rows(own.model_copy(update={"source": source}), "train").labels).all()


@pytest.mark.parametrize(
    ("labels", "start"),
    [
        (["yes", "no", "NA"], "EMPTY: my/task: 'NA': other programs read this as no label"),
        (["yes", "no", "-1"], "EMPTY: my/task: '-1': other programs read this as no label"),
        (["True", "0", "false"], "MIXED: my/task: '0', 'True', 'false' are separate classes"),
        (["-1", "0", "1"], ""),
        (["true", "false", "other"], ""),
    ],
)
def test_classes_that_are_hardly_meant_are_noted(card, write, labels, start):
    rows = "".join(f"t{place},{label}\n" for place, label in enumerate(labels))
    found = complete_card(
        card(write("sentence,label\n" + rows), find_labels=True), ["train"], hub=HUB
    )
    notes = own_notes(found, "train", None, hub=HUB)

    assert [note.startswith(start) for note in notes] == [True] * bool(start)
