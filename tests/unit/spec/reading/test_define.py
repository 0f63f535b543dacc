"""A task of one's own is a card, or every problem that its definition has, each at its line."""

from __future__ import annotations

import pytest

from metabench.api import FileSource, HubSource
from metabench.errors import SpecError
from metabench.spec.reading.load import load_benchmark
from metabench.spec.write import to_toml

DEFINE = """
[[tasks.define]]
name = "my/task"
train = "data/train.csv"
scored = "dev.tsv"
text = ["sentence"]
labels = ["no", "yes"]
"""


@pytest.fixture
def text(minimal):
    """The small benchmark with a task of one's own as a target; it stands on line 20."""
    return minimal.replace('target = ["toy/small"]', 'target = ["my/task"]') + DEFINE


@pytest.fixture
def load(catalog, write):
    return lambda text, *sets: load_benchmark(write(text), catalog=catalog, sets=sets)


@pytest.fixture
def problems(catalog, write):
    def _problems(text):
        path = write(text)
        with pytest.raises(SpecError, match=r"bench\.toml") as caught:
            load_benchmark(path, catalog=catalog)
        return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]

    return _problems


def test_files_lie_beside_the_benchmark_file_and_know_who_names_them(load, text):
    benchmark = load(text)
    card = benchmark.own_tasks["my/task"]
    folder = benchmark.path.parent

    assert isinstance(card.source, FileSource)
    train, scored = card.source.files["train"], card.source.files["scored"]
    assert (train.path, train.format) == (str(folder / "data/train.csv"), "csv")
    assert (scored.path, scored.format) == (str(folder / "dev.tsv"), "tsv")
    assert train.place == f"{benchmark.path}:22: tasks.define[0].train"
    assert (card.train, card.scored) == ("train", "scored")


def test_what_is_not_said_has_a_default(load, text):
    card = load(text).own_tasks["my/task"]

    assert (card.title, card.label, card.metrics) == ("my/task", "label", ("accuracy",))
    assert not card.source.find_labels
    assert load(text.replace('labels = ["no", "yes"]', "")).own_tasks["my/task"].source.find_labels


def test_one_file_serves_both_splits_where_rows_are_held_out(load, text):
    source = (
        load(text.replace('scored = "dev.tsv"', "scored_fraction = 0.2"))
        .own_tasks["my/task"]
        .source
    )

    assert source.files["train"] == source.files["scored"]
    assert source.scored_fraction == 0.2


def test_a_data_set_on_the_hub_has_its_own_splits(load, text):
    changed = (
        text.replace("data/train.csv", "train").replace("dev.tsv", "dev")
        + 'dataset = "owner/name"\nconfig = "c"\nrows = { train = 9 }\n'
    )
    card = load(changed).own_tasks["my/task"]

    assert card.source == HubSource(id="owner/name", config="c")
    assert card.splits == {"train": 9, "dev": 0}


def test_a_set_changes_a_definition_by_its_name(load, text):
    card = load(text, "tasks.define.my/task.train=other.csv").own_tasks["my/task"]

    assert card.source.files["train"].path.endswith("other.csv")
    assert card.source.files["train"].place == (
        "--set tasks.define.my/task.train=other.csv: tasks.define[0].train"
    )


def test_what_is_written_defines_the_same_tasks(load, text):
    benchmark = load(text)

    assert load(to_toml(benchmark.spec)).spec == benchmark.spec


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "my/', 'nam = "my/', "21: tasks.define[0].nam: unknown key; did you mean 'name'?"),
        ('"my/task"\nt', '"toy/large"\nt', "21: tasks.define[0].name: task 'toy/large' is install"),
        ("data/train.csv", "https://x.org/a.csv", "22: tasks.define[0].train: is a URL; download"),
        ("dev.tsv", "dev.txt", "23: tasks.define[0].scored: 'dev.txt' ends in none of .csv, .tsv"),
        ("dev.tsv", "./data/train.csv", "23: tasks.define[0].scored: is the file that is trained"),
        ('scored = "dev.tsv"', "", "20: tasks.define[0]: scored is missing: a file, or scored_fra"),
        ("text =", "scored_fraction = 0.1\ntext =", "give scored or scored_fraction, not both"),
        ("text =", "scored_fraction = 1.0\ntext =", "scored_fraction: must be less than 1, got 1"),
        ("text =", 'format = "cvs"\ntext =', "or 'arrow', got 'cvs'; did you mean 'csv'?"),
        ("text =", 'config = "c"\ntext =', "config: belongs to a dataset, and none is named"),
        ('["sentence"]', "[]", "24: tasks.define[0].text: needs at least 1 entry"),
        ('["sentence"]', '["a", "b", "c"]', "24: tasks.define[0].text: has more than 2 entries"),
        ('["sentence"]', '["a", "a"]', "24: tasks.define[0].text: names one thing twice"),
        ('["sentence"]', '"sentence"', "expected an array, got 'sentence'; write [\"sentence\"]"),
        ("dev.tsv", "dev.xlsx", "tasks.define[0].scored: 'dev.xlsx' is a spreadsheet; save it as"),
        ('["sentence"]', '["label"]', "20: tasks.define[0].label: 'label' is a text column"),
        ('["no", "yes"]', '["no"]', "25: tasks.define[0].labels: one class is nothing to tell ap"),
        ('["no", "yes"]', '["no", "no"]', "25: tasks.define[0].labels: names one thing twice"),
        ("text =", 'kind = "regression"\ntext =', "labels: the labels of a regression are numbe"),
        ("text =", 'metrics = ["acuracy"]\ntext =', "metrics[0]: there is no metric 'acuracy'; d"),
        ("text =", 'metrics = ["pearson"]\ntext =', "'pearson' is not for classification; 'accur"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_definition_is_named_at_its_key(problems, text, old, new, expected):
    assert old in text

    found = problems(text.replace(old, new, 1))

    assert any(expected in problem for problem in found), found


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ('dataset = "name"', "'name' is neither a hub id, owner/name, nor a folder, ./folder"),
        ('dataset = "x/../y"', "'x/../y' is neither a hub id, owner/name, nor a folder"),
        ('dataset = "a/b"\nformat = "csv"', "format: is for files, and dataset names a dataset"),
        ('dataset = "a/b"\nrows = { test = 3 }', "rows: 'test' is neither train nor scored"),
        ('dataset = "a/b"\nrows = { train = 0 }', "must be at least 1, got 0"),
    ],
)
def test_a_mistake_in_a_hub_definition_is_named_at_its_key(problems, text, added, expected):
    (problem,) = problems(f"{text}{added}\n")

    assert expected in problem


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('scored = "dev.tsv"\n', "", "scored is missing: the name of the split that is scored"),
        ("dev.tsv", "data/train.csv", "scored: 'data/train.csv' is the split that is trained on"),
    ],
)
def test_a_hub_definition_needs_a_scored_split(problems, text, old, new, expected):
    (problem,) = problems(text.replace(old, new) + 'dataset = "a/b"\n')

    assert expected in problem


def test_two_definitions_of_one_name_are_refused(problems, text):
    (problem,) = problems(text + DEFINE)

    assert problem == "28: tasks.define[1].name: task 'my/task' is defined twice"


def test_a_task_that_is_wrongly_defined_is_not_also_unknown(problems, text):
    assert problems(text.replace("labels =", "lables =")) == [
        "25: tasks.define[0].lables: unknown key; did you mean 'labels'?"
    ]


def test_an_own_task_is_suggested_where_it_is_misspelt(problems, text):
    (problem,) = problems(text.replace('target = ["my/task"]', 'target = ["my/tusk"]'))

    assert "there is no task 'my/tusk'; did you mean 'my/task'?" in problem


def test_f1_is_not_for_three_classes(problems, text):
    changed = text.replace('["no", "yes"]', '["a", "b", "c"]\nmetrics = ["f1"]')

    assert any("take 'f1_macro', 'f1_micro' or 'f1_weighted'" in what for what in problems(changed))
