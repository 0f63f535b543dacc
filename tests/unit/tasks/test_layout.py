"""A data set's folder has the splits and the rows that the datasets library finds in it."""

from __future__ import annotations

import json

import pytest

from metabench.api import HubSource
from metabench.tasks.mirror import data_files, split_files
from metabench.tasks.reading.content import open_content
from metabench.tasks.reading.records import records

pytestmark = pytest.mark.filterwarnings("ignore")
COLUMNS = ("sentence", "label")


def configs(*entries):
    return "---\nconfigs:\n" + "".join(f"- {json.dumps(entry)}\n" for entry in entries) + "---\n"


def one(name="default", **settings):
    return {"config_name": name, **settings}


LAYOUTS = {
    "one file": (["rows.csv"], None),
    "names at the top": (["train.csv", "test.csv"], None),
    "names in data": (["data/train.csv", "data/test.csv", "data/dev.csv"], None),
    "other words": (["training.csv", "eval.csv", "valid.csv"], None),
    "val in a folder": (["train/a.csv", "my val/a.csv", "evaluation/b.csv"], None),
    "two words": (["train-validation.csv", "validation_test.csv", "2val.csv"], None),
    "a year first": (["2023_train.csv", "develop.csv", "val2.csv"], None),
    "words at two depths": (["train.csv", "data/train.csv", "data/testing.csv"], None),
    "numbered": (["train_0.csv", "train_1.csv", "test_0.csv"], None),
    "words within names": (["my-train-set.csv", "my.test.csv"], None),
    "word not apart": (["retrain.csv", "contest.csv"], None),
    "capitals": (["Train.csv", "Test.csv"], None),
    "folders": (["train/a.csv", "test/a.csv"], None),
    "folders in data": (["data/train/a.csv", "data/train/b.csv", "data/validation/a.csv"], None),
    "folders with numbers": (["train-1/a.csv", "train-2/a.csv", "test-1/a.csv"], None),
    "folders before files": (["train/test.csv", "test/train.csv"], None),
    "deep folders": (["a/b/train/c/x.csv", "a/b/test/c/x.csv"], None),
    "shards": (["data/train-00000-of-00002.csv", "data/train-00001-of-00002.csv",
                "data/test-00000-of-00001.csv"], None),
    "shards of other splits": (["data/random-00000-of-00001.csv",
                                "data/train-00000-of-00001.csv"], None),
    "shards of valid and dev": (["data/valid-00000-of-00001.csv",
                                 "data/dev-00000-of-00001.csv"], None),
    "shards with a hash": (["data/train-00000-of-00001-abc123.csv"], None),
    "several, no words": (["a.csv", "b.csv"], None),
    "notes beside": (["train.csv", "LICENSE", "notes.md", "script.py"], None),
    "jsonl": (["train.jsonl", "test.jsonl"], None),
    "more csv than json": (["train_a.csv", "train_b.csv", "train.jsonl", "test.csv"], None),
    "hidden": (["train.csv", ".hidden.csv", ".git/train.csv"], None),
    "special folders": (["train.csv", "__pycache__/test.csv"], None),
    "card without configs": (["train.csv", "test.csv"], "---\nlicense: mit\n---\n# x\n"),
    "config by pattern": (["x/a1.csv", "x/a2.csv", "y/b.csv"], configs(
        one(data_files=[{"split": "train", "path": "x/a*"},
                        {"split": "held", "path": "y/b.csv"}]))),
    "config of a text": (["x/a.csv", "y/b.csv"], configs(one(data_files="x/*.csv"))),
    "config of a list": (["a.csv", "b.csv", "c.csv"], configs(one(data_files=["b.csv", "a.csv"]))),
    "config by folder": (["en/train.csv", "en/test.csv", "de/train.csv"],
                         configs(one("en", data_dir="en"))),
    "config marked default": (["a.csv", "b.csv"], configs(
        one("first", data_files="a.csv"), one("second", data_files="b.csv", default=True))),
    "config across folders": (["p/q/train-x.csv", "p/test-x.csv"], configs(
        one(data_files=[{"split": "train", "path": "**/train-*"},
                        {"split": "test", "path": "p/test-?.csv"}]))),
    "config with a separator": (["a.csv"], configs(one(data_files="a.csv", sep=","))),
    "config without brackets": (["a1.csv", "b1.csv"], configs(one(data_files="[!a]*.csv"))),
    "config with brackets": (["a1.csv", "a2.csv", "a3.csv"],
                             configs(one(data_files="a[12].csv"))),
}  # fmt: skip


def build(folder, names, card):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f"{name} one"
        if name.endswith(".jsonl"):
            path.write_text(json.dumps({"sentence": text, "label": "no"}) + "\n")
        else:
            path.write_text(f"sentence,label\n{text},no\n{name} two,yes\n")
    if card is not None:
        (folder / "README.md").write_text(card)


def ours(folder):
    return {
        split: [
            values
            for file in data_files(folder, HubSource(id=str(folder)), split)
            for values in read(file)
        ]
        for split in split_files(folder, None)
    }  # fmt: skip


def read(file):
    with open_content(file) as content:
        return [values for _, values in records(file, content, COLUMNS)]


@pytest.mark.parametrize("name", LAYOUTS)
def test_splits_and_rows_are_those_that_the_datasets_library_finds(tmp_path, name):
    import datasets

    folder = tmp_path / "own"
    folder.mkdir()
    build(folder, *LAYOUTS[name])
    datasets.disable_progress_bars()
    theirs = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))

    assert ours(folder) == {
        split: list(zip(rows["sentence"], rows["label"], strict=True))
        for split, rows in theirs.items()
    }


def test_a_file_that_two_patterns_name_is_read_once(tmp_path):
    """The datasets library reads it twice, so that its rows count twice; that is left out."""
    build(tmp_path, ["train-train.csv"], None)

    assert len(ours(tmp_path)["train"]) == 2
