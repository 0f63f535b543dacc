"""What docs/own_data.md shows is true: its files are a task, its tables and output hold."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from metabench.cli.main import main
from metabench.errors import DataError
from metabench.plan.build import build_plan
from metabench.plugin.catalog import load_catalog
from metabench.spec.model.own_task import OwnTaskSpec
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.hub import Hub
from metabench.tasks.overlap import overlap_note
from metabench.tasks.own.splits import own_rows

PAGE = (Path(__file__).parents[2] / "docs" / "own_data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
WORDS = "good", "bad"
"""Labels of the files below, one after the other."""


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def table_below(heading: str) -> list[list[str]]:
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ")]
    return [re.split(r" \| ", line.strip("| ")) for line in rows[1:] if not line.startswith("|--")]


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The folder with the files of the page."""
    (rows,) = blocks("csv")
    (tmp_path / "own.toml").write_text(blocks("toml")[0])
    (tmp_path / "reviews.csv").write_text(rows)
    (tmp_path / "reviews_train.csv").write_text("".join(rows.splitlines(keepends=True)[:7]))
    (tmp_path / "reviews_dev.csv").write_text(rows.replace(" ", "  "))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(text: str):
    Path("own.toml").write_text(text, encoding="utf-8")
    benchmark = load_benchmark(Path("own.toml"), catalog=load_catalog())
    return build_plan(benchmark, catalog=load_catalog(), hub=Hub(offline=True))


@pytest.mark.usefixtures("page")
def test_the_two_commands_of_the_page_print_what_it_shows(capsys):
    said, shown = (block for block in blocks("text")[:2])
    command = blocks("console")[0].splitlines()[0].partition(" #")[0].split()[2:]

    assert main(command) == 0
    assert capsys.readouterr().err == said
    assert main(["data", "show", "reviews.toml", "--task", "mine", "--rows", "1"]) == 0
    assert capsys.readouterr().out.partition("\n\n")[0] + "\n" == shown
    assert main(["validate", "reviews.toml"]) == 0


@pytest.mark.usefixtures("page")
def test_the_files_of_the_page_are_a_target_with_three_classes():
    (cell,) = plan(blocks("toml")[0]).cells

    assert cell.work.task.card.labels == ("negative", "neutral", "positive")
    assert cell.work.task.train_rows == 6
    assert len(blocks("toml")[0].splitlines()) <= 25


def test_the_error_of_the_page_is_what_a_misspelt_label_gives(page):
    path = page / "reviews_train.csv"
    path.write_text(path.read_text().replace("Tuesday,neutral", "Tuesday,postive"))

    with pytest.raises(DataError, match="postive") as caught:
        plan(blocks("toml")[0])
    assert f"error: {caught.value}\n" in blocks("text")[2]


def test_the_note_of_the_page_is_what_a_leaderboard_says():
    assert overlap_note("my/reviews", both=3, scored=40) + "\n" == blocks("text")[3]


@pytest.mark.parametrize("table", blocks("toml")[1:])
@pytest.mark.usefixtures("page")
def test_the_other_definitions_of_the_page_are_valid(table):
    Path("own.toml").write_text(f"{blocks('toml')[0]}\n{table}")
    benchmark = load_benchmark(Path("own.toml"), catalog=load_catalog())

    assert len(benchmark.own_tasks) == 2


def test_every_field_of_a_definition_is_in_the_table():
    named = [name for row in table_below("All fields") for name in re.findall(r"`(\w+)`", row[0])]

    assert sorted(named) == sorted(OwnTaskSpec.model_fields)


def test_the_page_is_short_and_shows_output_before_a_long_table():
    assert len(PAGE.split()) <= 1200
    assert PAGE.index("```text") < PAGE.index("\n| ")


def csv(name: str, labels=WORDS, *, head="sentence,label", encoding="utf-8", extra="") -> None:
    sign = ";" if ";" in head else ","
    rows = [f"t\u00fcr {row}{sign}{labels[row % len(labels)]}{extra}" for row in range(12)]
    Path(name).write_bytes("\n".join([head, *rows, ""]).encode(encoding))


def records(name: str, make) -> None:
    rows = [make(f"text {row}", WORDS[row % 2]) for row in range(12)]
    Path(name).write_text("\n".join(map(json.dumps, rows)))


def frame(name: str) -> None:
    labels = pd.Categorical([WORDS[row % 2] for row in range(12)])
    pd.DataFrame({"sentence": [f"text {row}" for row in range(12)], "label": labels}).to_parquet(
        name
    )


def pairs(name: str) -> None:
    lines = [f"a {row},b {row},{WORDS[row % 2]}" for row in range(12)]
    Path(name).write_text("\n".join(["premise,hypothesis,label", *lines]))


def cloned(_: str) -> None:
    Path("folder").mkdir()
    for split in ("train", "test"):
        csv(f"folder/{split}.csv")


FILES = {
    "CSV, TSV": ("rows.csv.gz", lambda name: pd.DataFrame(
        {"sentence": [f"text {row}" for row in range(12)], "label": WORDS * 6}).to_csv(name)),
    "Parquet from pandas": ("rows.parquet", frame),
    "empty columns": ("rows.csv", lambda name: csv(
        name, head="\ufeffsentence,label,,", extra=",,\r")),
    "semicolons": ("rows.csv", partial(csv, head="sentence;label")),
    "saved by Windows": ("rows.csv", partial(csv, encoding="cp1252")),
    "another suffix": ("rows.txt", csv),
    "nested JSON": ("rows.jsonl", partial(
        records, make=lambda text, label: {"data": {"text": text}, "label": label})),
    "a labelling tool": ("rows.jsonl", partial(
        records, make=lambda text, label: {"sentence": text, "label": [label]})),
    "two texts": ("rows.csv", pairs),
    "one file": ("rows.csv", csv),
    "labels that are numbers for": ("rows.csv", partial(csv, labels=("0", "4"))),
    "examples without a label": ("rows.csv", partial(csv, labels=(*WORDS, ""))),
    "labels that are measurements": ("rows.csv", partial(csv, labels=("1.5", "3", "2.25"))),
    "measurements with a comma": ("rows.csv", partial(
        csv, head="sentence;label", labels=("1,5", "3", "2,25"))),
    "two classes": ("rows.csv", partial(csv, labels=("spam", "ham", "ham"))),
    "several classes": ("rows.csv", partial(csv, labels=("a", "b", "c"))),
    "a directory": ("", cloned),
}  # fmt: skip
"""A file for each row of the table, by how the row begins."""
NEED_NOTHING = {"CSV, TSV", "Parquet from pandas", "empty columns"}


def defined(row: list[str], name: str) -> str:
    """Return a benchmark that holds a fifth of a file out, and what the row says."""
    written = dict(line.split(" = ", 1) for line in re.findall(r"`(\w+ = .+?)`(?:, |$)", row[1]))
    fields = {"name": '"mine"', "text": '["sentence"]', "train": f'"{name}"', **written}
    if "scored" not in fields:
        fields["scored_fraction"] = "0.2"
    if written.get("decimal"):
        fields["delimiter"] = '";"'  # a comma parts no fields then
    table = "\n".join(f"{key} = {value}" for key, value in fields.items())
    return (
        'schema = 1\nname = "own"\nmodel = { id = "embedded/encoder", weights = "random" }\n'
        f'[tasks]\ntarget = ["mine"]\n[[tasks.define]]\n{table}\n'
        '[[methods]]\nid = "F"\nalgorithm = "finetune"\n'
    )


@pytest.mark.parametrize("row", table_below("My file looks like this"), ids=lambda row: row[0][:24])
def test_what_the_table_says_reads_such_a_file(row, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (begins,) = [begin for begin in FILES if row[0].startswith(begin)]
    name, make = FILES[begins]
    make(name)
    use = plan(defined(row, name)).cells[0].work.task
    rows = own_rows(use.card, use.train, hub=Hub())

    assert ("nothing" in row[1]) == (begins in NEED_NOTHING)
    assert use.card.regression == ("regression" in row[1])
    assert len(use.card.labels) == {"several classes": 3}.get(
        begins, 0 if use.card.regression else 2
    )
    assert sum(len(column) for column in rows.texts) >= 6
    assert "\ufffd" not in str(rows.texts)


@pytest.mark.parametrize("begins", sorted({*FILES} - NEED_NOTHING - {"one file", "two classes"}))
def test_without_what_the_table_says_such_a_file_is_refused_or_read_otherwise(
    begins, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (row,) = [row for row in table_below("My file looks like this") if row[0].startswith(begins)]
    name, make = FILES[begins]
    make(name)
    with_it = plan(defined(row, name)).cells[0].work.task.identity

    try:
        without = plan(defined([row[0], "nothing"], name or "folder")).cells[0].work.task
    except Exception as error:  # noqa: BLE001  (whichever of ours)
        assert type(error).__module__ == "metabench.errors"  # noqa: PT017
    else:
        assert without.identity != with_it or without.card.metrics == ("accuracy",)
