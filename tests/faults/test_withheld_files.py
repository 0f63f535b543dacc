"""What stands in a file that a benchmark file names from elsewhere is in no message."""

from __future__ import annotations

import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.cli.main import main
from metabench.errors import MetabenchError
from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark
from metabench.tasks.definition import complete_card, own_notes
from metabench.tasks.hub import Hub

CANARY = "canary-9d2"
FILE = """
schema = 1
name = "own"
[model]
id = "embedded/encoder"
weights = "random"
[tasks]
target = ["own"]
[[tasks.define]]
name = "own"
train = "{path}"
{more}
[seeds]
meta = [0]
[[methods]]
id = "BERT"
algorithm = "finetune"
[compare]
baselines = []
"""
TEXT = 'text = ["sentence"]\n'
DECLARED = TEXT + 'labels = ["no", "yes"]\n'
NUMBERS = TEXT + 'kind = "regression"\n'


def rows(*labels):
    """Return a file with those labels, each in several rows."""
    return "sentence,label\n" + "".join(
        f"text {number},{label}\n" for number in range(6) for label in labels
    )


ROWS = rows(CANARY, "no", "yes")


def parquet(table):
    buffer = io.BytesIO()
    pq.write_table(pa.table(table), buffer)
    return buffer.getvalue()


def arrow(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.table(table).schema) as writer:
        writer.write_table(pa.table(table))
    return sink.getvalue().to_pybytes()


def encrypted(name):
    """Return an archive with a file that is marked as encrypted."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "a,b\n")
    data = bytearray(buffer.getvalue())
    for start, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(start) + place] |= 1
    return bytes(data)


BAD = {
    "no such column": ("csv", f"{CANARY},x\na,b\n", TEXT),
    "another separator": ("csv", f"{CANARY};x\na;b\n", TEXT),
    "an unknown label": ("csv", ROWS, DECLARED),
    "an unknown label of digits": ("csv", ROWS.replace(CANARY, "47114711"), DECLARED),
    "one label": ("csv", rows(CANARY), TEXT),
    "no positive class": ("csv", rows(CANARY, "no"), TEXT + 'positive = "good"\n'),
    "no number": ("csv", f"sentence,label\na,{CANARY}\nb,1\n", NUMBERS),
    "a decimal comma": ("csv", 'sentence,label\na,"4711,4711"\nb,1\n', NUMBERS),
    "a number beyond 32 bits": ("jsonl", '{"sentence": "a", "label": 4711e300}\n', NUMBERS),
    "a hidden label": ("csv", rows("-1"), TEXT + f'labels = ["no", "{CANARY}"]\n'),
    "a label with a control character": ("tsv", f"sentence\tlabel\na\t{CANARY}\x01\nb\tx\n", TEXT),
    "other keys": ("jsonl", f'{{"{CANARY}": 1}}\n', TEXT),
    "other keys in an array": ("json", f'[{{"sentence": "a", "{CANARY}": 1}}]', TEXT),
    "an escape that is none": ("jsonl", '{"sentence": "\\4711"}', TEXT),
    "a text that is a list": ("jsonl", f'{{"sentence": ["{CANARY}"], "label": "a"}}\n', TEXT),
    "a label that is a list": ("jsonl", f'{{"sentence": "a", "label": ["{CANARY}"]}}\n', TEXT),
    "a label that is a list, no number": ("jsonl", f'{{"sentence": "a", "label": ["{CANARY}"]}}\n',
                                          NUMBERS),
    "another encoding": ("csv", b"sentence,label\n\x8f,no\n", TEXT + 'encoding = "cp1252"\n'),
    "other columns of Parquet": ("parquet", parquet({CANARY: ["a"]}), TEXT),
    "other columns of Arrow": ("arrow", arrow({CANARY: ["a"]}), TEXT),
    "a label that is a list of Parquet": (
        "parquet", parquet({"sentence": ["a"], "label": [[CANARY]]}), TEXT,
    ),
    "no Parquet": ("parquet", b"PAR1" + b"\0" * 40 + b"4711", TEXT),
    "an encrypted archive": ("csv", encrypted(CANARY), TEXT),
}  # fmt: skip
QUOTED = {
    "an unknown label of digits": "47114711", "a decimal comma": "4711,4711",
    "a number beyond 32 bits": "4.711e+303", "an escape that is none": "scape",
    "another encoding": "0x8f", "no Parquet": "agic bytes",
}  # fmt: skip
"""What a message quotes where that is not the canary."""

NOTED = {
    "ALIKE": (rows(CANARY, CANARY.upper(), "no"), TEXT),
    "POSITIVE": (rows(f"z{CANARY}", "no"), TEXT + 'metrics = ["f1"]\n'),
    "NUMBERS": (rows("1.4711", "2.5", "3.5"), TEXT),
    "EMPTY": (rows("N/A", "no", "yes"), TEXT),
    "MIXED": (rows("True", "1", "0"), TEXT),
    "JOINED": (rows(f"{CANARY}\u00e9", f"{CANARY}e\u0301", "no"), TEXT),
}
FRACTION = "scored_fraction = 0.5\n"


def message(folder, form, content, more, place):
    """Return what is said of a benchmark file that names a file at a place."""
    (folder / "bench").mkdir()
    path = folder / "bench" / place.format(form=form)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (folder / "bench/own.toml").write_text(
        FILE.format(path=place.format(form=form), more=f"{more}\n{FRACTION}")
    )
    benchmark = load_benchmark(folder / "bench/own.toml", catalog=load_catalog())
    hub = Hub(offline=True)
    try:
        card = complete_card(benchmark.own_tasks["own"], ("train", "scored"), hub=hub)
    except MetabenchError as error:
        return str(error)
    return "\n".join(own_notes(card, "train", "scored", hub=hub))


@pytest.mark.parametrize("name", BAD)
def test_a_message_quotes_a_file_beside_the_benchmark_file_and_no_other(tmp_path, name):
    form, content, more = BAD[name]
    (tmp_path / "beside").mkdir()
    (tmp_path / "elsewhere").mkdir()
    quotes = QUOTED.get(name, CANARY)

    beside = message(tmp_path / "beside", form, content, more, "data/rows.{form}")
    elsewhere = message(tmp_path / "elsewhere", form, content, more, "../rows.{form}")

    assert quotes in beside
    assert quotes not in elsewhere
    assert "(not shown: the file is outside the benchmark file's folder)" in elsewhere
    assert f"rows.{form}" in elsewhere or elsewhere.startswith("own: ")


@pytest.mark.parametrize("note", NOTED)
def test_a_note_quotes_a_file_beside_the_benchmark_file_and_no_other(tmp_path, note):
    content, more = NOTED[note]
    (tmp_path / "beside").mkdir()
    (tmp_path / "elsewhere").mkdir()
    quotes = {"NUMBERS": "1.4711", "EMPTY": "'N/A'", "MIXED": "'True'"}.get(note, CANARY)

    beside = message(tmp_path / "beside", "csv", content, more, "rows.csv")
    elsewhere = message(tmp_path / "elsewhere", "csv", content, more, "../rows.csv")

    assert quotes in beside
    assert f"{note}: own" in elsewhere
    assert quotes not in elsewhere


@pytest.mark.parametrize("kind", ["link", "absolute", "hidden", "folder of data", "link in data"])
def test_a_file_is_withheld_whatever_way_leads_to_it(tmp_path, kind):
    bench, outside = tmp_path / "bench", tmp_path / "outside"
    bench.mkdir()
    outside.mkdir()
    (outside / "train.csv").write_text(ROWS)
    (bench / ".env").write_text(ROWS)
    (bench / "data").mkdir()
    named, more = {
        "link": ("rows.csv", FRACTION), "absolute": (str(outside / "train.csv"), FRACTION),
        "hidden": (".env", FRACTION + 'format = "csv"\n'),
        "folder of data": ("train", 'dataset = "../outside"\nscored = "test"\n'),
        "link in data": ("train", 'dataset = "./data"\nscored = "test"\n'),
    }[kind]  # fmt: skip
    for link in (bench / "rows.csv", bench / "data/train.csv"):
        link.symlink_to(outside / "train.csv")
    for folder in (outside, bench / "data"):
        (folder / "test.csv").write_text(ROWS.replace(CANARY, "no"))
    (bench / "own.toml").write_text(FILE.format(path=named, more=DECLARED + more))
    benchmark = load_benchmark(bench / "own.toml", catalog=load_catalog())

    with pytest.raises(MetabenchError, match=r"unknown label \(not shown: the file") as caught:
        complete_card(benchmark.own_tasks["own"], ("train", "scored"), hub=Hub(offline=True))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", ["README.md", ".huggingface.yaml"])
def test_a_card_that_is_no_yaml_is_not_quoted(tmp_path, name):
    """It may be a link, and of its folder nobody knows more than that it is a data set's."""
    (tmp_path / "elsewhere").write_text(f"---\npassword: {CANARY}: x\n---\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).symlink_to(tmp_path / "elsewhere")
    more = DECLARED + 'dataset = "./data"\nscored = "test"\n'
    (tmp_path / "own.toml").write_text(FILE.format(path="train", more=more))
    benchmark = load_benchmark(tmp_path / "own.toml", catalog=load_catalog())

    with pytest.raises(MetabenchError, match=r"is not YAML: line \d: mapping values") as caught:
        complete_card(benchmark.own_tasks["own"], ("train", "test"), hub=Hub(offline=True))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize("place", ["beside/rows.csv", "rows.csv"])
def test_validate_lists_the_classes_of_a_file_beside_it_and_no_other(
    tmp_path, capfd, options, place
):
    (tmp_path / "beside").mkdir()
    (tmp_path / place).write_text(ROWS)
    named = "rows.csv" if place.startswith("beside") else "../rows.csv"
    (tmp_path / "beside/own.toml").write_text(FILE.format(path=named, more=TEXT + FRACTION))

    assert main(["validate", str(tmp_path / "beside/own.toml"), *options]) == 0
    printed = "".join(capfd.readouterr())
    assert (CANARY in printed) == place.startswith("beside")
    assert ("(not shown: " in printed) != place.startswith("beside")
