"""Laws of `metabench data`: nothing here needs a network, nothing asks for one."""

import json

import pytest
from rich.cells import cell_len

from metabench.cli.main import main

README = """---
configs:
- config_name: {config}
  data_files:
  - split: train
    path: {config}/train.parquet
  - split: validation
    path: {config}/validation.parquet
---
"""


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Return the function that writes RTE into a mirror, with so many rows and these labels."""
    import datasets
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Data sets are kept in a cache by the folder and the content that they come from.
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "mirror" / "datasets" / "nyu-mll" / "glue"
    (folder / "rte").mkdir(parents=True)
    (folder / "README.md").write_text(README.format(config="rte"))

    def write(*, train=2490, validation=277, labels=("entailment", "not_entailment")):
        features = datasets.Features(
            sentence1=datasets.Value("string"),
            sentence2=datasets.Value("string"),
            label=datasets.ClassLabel(names=list(labels)),
        )
        for split, rows in (("train", train), ("validation", validation)):
            columns = {"sentence1": ["a"] * rows, "sentence2": ["b"] * rows, "label": [0, 1] * rows}
            columns["label"] = columns["label"][:rows]
            table = pa.table(columns, schema=features.arrow_schema)
            pq.write_table(table, folder / "rte" / f"{split}.parquet")
        return ["--hub", str(tmp_path / "mirror")]

    return write


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    from huggingface_hub import constants

    from metabench.tasks.commit import network_answers

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("METABENCH_HUB", raising=False)
    network_answers.cache_clear()


def line_of(task, out):
    (line,) = [line.split() for line in out.splitlines() if line.startswith(f"{task} ")]
    return line


def test_tasks_are_listed_with_the_rows_that_are_here(mirror, capsys):
    assert main(["data", "list", *mirror(train=2000)]) == 0
    out = capsys.readouterr().out

    assert " ".join(line_of("glue/rte", out)) == (
        "glue/rte mirror train 2,000 of 2,490 validation 277 nyu-mll/glue (rte)"
    )
    assert line_of("glue/mrpc", out)[1] == "absent"  # the mirror has another part of the data set
    assert line_of("scitail", out)[1] == "absent"
    assert line_of("embedded/grammar", out)[1] == "generated"


def test_tasks_are_listed_as_json(mirror, capsys):
    assert main(["data", "list", "--json", *mirror()]) == 0
    tasks = {task["task"]: task for task in json.loads(capsys.readouterr().out)["tasks"]}

    assert tasks["glue/rte"]["state"] == "mirror"
    assert [split["rows"] for split in tasks["glue/rte"]["splits"]] == [2490, 277]
    assert tasks["scitail"]["state"] == "absent"


def test_fewer_rows_than_there_are_is_a_note(mirror, capsys):
    assert main(["data", "verify", "glue/rte", *mirror(train=2000)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert lines[1:] == [
        ["glue/rte", "train", "PARTIAL", "2,000", "of", "2,490"],
        ["glue/rte", "validation", "ok", "277"],
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"labels": ("not_entailment", "neutral")}, "but the task's card lists"),
        ({"train": 2491}, "split 'train': 2,491 examples, but officially 2,490"),
    ],
)
def test_damage_exits_with_4(mirror, wrong, said, capsys):
    assert main(["data", "verify", "glue/rte", *mirror(**wrong)]) == 4
    captured = capsys.readouterr()

    assert said in captured.err
    assert "damaged" in captured.out


def test_a_file_that_is_no_parquet_is_damage(mirror, tmp_path, capsys):
    arguments = mirror()
    path = tmp_path / "mirror" / "datasets" / "nyu-mll" / "glue" / "rte" / "train.parquet"
    path.write_bytes(path.read_bytes()[:100])

    assert main(["data", "verify", "glue/rte", "--json", *arguments]) == 4
    captured = capsys.readouterr()
    assert json.loads(captured.out)["splits"][0]["state"] == "damaged"
    assert "not readable as parquet" in captured.err
    assert "hint: copy the file again" in captured.err


def test_the_first_examples_are_shown_as_the_encoder_gets_them(mirror, capsys):
    assert main(["data", "show", "embedded/answer", "--rows", "1", "--json"]) == 0
    train, _ = json.loads(capsys.readouterr().out)["splits"]
    (example,) = train["examples"]
    first, second = (text.split() for text in example["texts"])

    assert example["tokens"] == ["[CLS]", *first, "[SEP]", *second, "[SEP]"]
    assert example["segments"] == [0] * (len(first) + 2) + [1] * (len(second) + 1)
    assert example["label"] in train["classes"]
    assert sum(train["classes"].values()) == train["rows"] == 4000
    assert train["lengths"]["shortest"] <= len(example["tokens"]) <= train["lengths"]["longest"]


def test_examples_are_shown_in_80_columns(own, capsys):
    assert main(["data", "show", str(own), "--task", "my/t"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == "my/t train: 2 examples; no: 1, yes: 1"
    assert "1 of 2 cut at 16; 0 % of words unknown" in " ".join(map(str.strip, lines[1:3]))
    assert max(map(cell_len, lines)) <= 80
    assert any("more lines" in line for line in lines)

    assert main(["data", "show", str(own), "--task", "other"]) == 5
    assert "there is no task 'other'" in capsys.readouterr().err


def test_auxiliary_tasks_are_shown_last(own, capsys):
    assert main(["data", "show", str(own), "--rows", "0"]) == 0
    shown = capsys.readouterr().out

    assert shown.startswith("embedded/grammar train: ")
    assert shown.rindex("embedded/grammar ") < shown.index("my/t train: ")


def test_examples_of_a_file_that_is_withheld_are_not_shown(own, tmp_path, capsys):
    (tmp_path / "inner").mkdir()
    moved = own.rename(tmp_path / "inner" / own.name)
    moved.write_text(moved.read_text().replace('"train.csv"', '"../train.csv"'))

    assert main(["data", "show", str(moved)]) == 0
    shown = capsys.readouterr().out
    assert "secret" not in shown
    assert "my/t train: 2 examples; class 0: 1, class 1: 1" in shown
    assert "not shown: the file is outside" in shown


@pytest.fixture
def own(tmp_path):
    """A benchmark file with a task of its own, of which one text is long and of wide letters."""
    (tmp_path / "train.csv").write_text(
        "text,label\na secret,no\n" + "\u6f22\u5b57 " * 200 + ",yes\n"
    )
    (tmp_path / "train2.csv").write_text("text,label\nfox,no\nowl,yes\n")
    path = tmp_path / "own.toml"
    path.write_text(
        'schema = 1\nname = "own"\n'
        'model = { id = "embedded/encoder", weights = "random", max_length = 16 }\n'
        '[tasks]\nauxiliary = ["my/t"]\ntarget = ["embedded/grammar"]\n'
        '[[tasks.define]]\nname = "my/t"\ntrain = "train.csv"\nscored = "train2.csv"\n'
        'text = ["text"]\n[[methods]]\nid = "J"\nalgorithm = "joint"\n'
    )
    return path


def test_without_a_name_what_is_here_is_verified_and_what_is_not_is_named(mirror, capsys):
    assert main(["data", "verify", *mirror()]) == 0
    captured = capsys.readouterr()
    lines = [line.split() for line in captured.out.splitlines()]

    assert ["glue/rte", "train", "ok", "2,490"] in lines
    assert ["embedded/grammar", "train", "ok", "400"] in lines
    assert "not on this machine: glue/cola" in captured.err


def test_without_a_network_fetching_names_both_ways_out(capsys):
    assert main(["data", "fetch", "glue/rte"]) == 4
    err = capsys.readouterr().err

    assert "dataset 'nyu-mll/glue' is not on this machine, and the hub cannot be reached" in err
    assert "name an offline mirror with --hub DIR or METABENCH_HUB, or connect to a network" in err


def test_what_a_benchmark_file_needs_is_fetched_with_its_encoder(tmp_path, capsys):
    (tmp_path / "b.toml").write_text(
        'schema = 1\nname = "b"\n[model]\nid = "embedded/encoder"\nweights = "random"\n'
        '[tasks]\ntarget = ["embedded/grammar"]\n[[methods]]\nid = "A"\nalgorithm = "finetune"\n'
    )

    assert main(["data", "fetch", str(tmp_path / "b.toml")]) == 0
    captured = capsys.readouterr()
    assert "embedded/grammar train: 400 rows\n" in captured.err
    assert "encoder embedded/encoder is here\n" in captured.err
    assert [line.split()[2] for line in captured.out.splitlines()[1:]] == ["ok", "ok"]


def test_a_name_that_is_neither_task_nor_file_exits_with_5(capsys):
    assert main(["data", "fetch", "glue/rt"]) == 5
    assert "no task and no benchmark file 'glue/rt'; did you mean 'glue/rte'?" in (
        capsys.readouterr().err
    )


OWN = """
schema = 1
name = "own"
[model]
id = "embedded/encoder"
weights = "random"
[tasks]
auxiliary = ["my/more"]
target = ["embedded/sentiment"]
[[tasks.define]]
name = "my/more"
train = "train.csv"
scored = "{scored}"
text = ["sentence"]
label = "label"
labels = ["good", "bad"]
[[methods]]
id = "Reptile"
algorithm = "reptile"
[compare]
baselines = []
"""


@pytest.mark.parametrize("command", ["verify", "fetch"])
@pytest.mark.parametrize("scored", ["dev.csv", "odd.csv"])
def test_a_split_that_no_cell_reads_is_not_judged(scored, command, tmp_path, capsys):
    (tmp_path / "train.csv").write_text("sentence,label\na fine day,good\na wet day,bad\n")
    (tmp_path / "dev.csv").write_text("sentence,label\nsome day,good\n")
    (tmp_path / "odd.csv").write_text("sentence,label\nsome day,unknown\n")
    file = tmp_path / "own.toml"
    file.write_text(OWN.format(scored=scored))

    assert main(["data", command, str(file), "--json"]) == 0
    splits = json.loads(capsys.readouterr().out)["splits"]
    found = {(one["task"], one["split"]): (one["state"], one["rows"]) for one in splits}
    assert found["my/more", "train"] == ("ok", 2)
    assert ("my/more", "scored") not in found
    assert found["embedded/sentiment", "validation"][0] == "ok"
