"""A CSV file of one's own, from the benchmark file to the leaderboard; and faulty ones."""

from __future__ import annotations

import json

import pytest

BENCHMARK = """\
schema = 1
name = "own"

[model]
id = "embedded/encoder"
weights = "random"
max_length = 16

[tasks]
target = ["my/reviews"]

[[tasks.define]]
name = "my/reviews"
train = "train.csv"
scored = "dev.csv"
text = ["sentence"]
labels = ["negative", "neutral", "positive"]

[finetune]
epochs = 1

[[methods]]
id = "Plain"
algorithm = "finetune"
"""
HEAD = "sentence,label\n"
LABELS = ("negative", "neutral", "positive")
TRAIN = HEAD + "".join(f"the film of part {row},{LABELS[row % 3]}\n" for row in range(36))
DEV = HEAD + "".join(f"the film of part {row},{LABELS[row % 3]}\n" for row in range(33, 45))


@pytest.fixture
def folder(tmp_path):
    """A folder with the benchmark file and both files of rows."""
    (tmp_path / "own.toml").write_text(BENCHMARK)
    (tmp_path / "train.csv").write_text(TRAIN)
    (tmp_path / "dev.csv").write_text(DEV)
    return tmp_path


def test_a_benchmark_file_of_25_lines_turns_a_csv_into_a_leaderboard(folder, command):
    assert len(BENCHMARK.splitlines()) <= 25
    done = command("run", "own.toml", cwd=folder)

    assert done.returncode == 0, done.stderr
    assert "my/reviews" in done.stdout
    assert (
        done.stdout.count("OVERLAP: my/reviews: 3 of 12 evaluation examples are in the training")
        == 1
    )
    (path,) = folder.glob("runs/own/cells/*/result.json")
    result = json.loads(path.read_text())
    assert result["overlap"] == {"train": 0, "scored": 0, "both": 3}
    assert (result["train_rows"], result["scored_rows"]) == (36, 12)
    train, scored = result["splits"]
    even = {"negative": 12, "neutral": 12, "positive": 12}
    assert (train["rows"], train["cut"], train["words"], train["unknown"]) == (36, 0, 180, 0)
    assert (train["classes"], scored["classes"]) == (even, dict.fromkeys(even, 4))


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + TRAIN.encode(), TRAIN.replace("\n", "\r\n").encode()],
    ids=["byte-order mark", "CRLF"],
)
def test_what_a_spreadsheet_writes_is_valid(folder, command, content):
    (folder / "train.csv").write_bytes(content)
    done = command("validate", "own.toml", cwd=folder)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("subcommand", ["run", "validate"])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (TRAIN.replace("sentence", "text"), "train.csv:1: no column 'sentence'; there are 'text'"),
        (TRAIN + "a film,postive\n", "train.csv:38: unknown label 'postive'; there are 'negative'"),
        (HEAD, "train.csv: the file has no example"),
        (TRAIN.encode() + b"a f\xedlm,neutral\n", "train.csv:38: byte 4 of the line is not UTF-8"),
        (HEAD + "a film,neutral\n", "train.csv: the file has one example"),
    ],
    ids=["wrong column", "unknown label", "empty", "broken UTF-8", "one row"],
)
def test_a_faulty_csv_is_one_sentence_with_file_and_line(
    folder, command, subcommand, content, sentence
):
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "train.csv").write_bytes(data)
    before = sorted(folder.rglob("*"))
    done = command(subcommand, "own.toml", cwd=folder)
    error, hint = done.stderr.splitlines()

    assert done.returncode == 4
    assert error.startswith(f"error: {sentence}")
    assert hint.startswith("  hint: ")
    assert sorted(folder.rglob("*")) == before
