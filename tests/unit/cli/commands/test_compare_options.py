"""Laws of the options of `metabench compare`: formats, columns, metric, order, words."""

import csv
import io
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.cli.main import main


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("terminal", "demo: scores"),
        ("markdown", "**Conclusion**"),
        ("md", "**Conclusion**"),
        ("csv", "benchmark,smoke,method,"),
        ("json", '{\n  "schema": 1,'),
        ("latex", "% The preamble needs"),
        ("tex", "% The preamble needs"),
        ("html", "<!"),
    ],
)
def test_every_format_is_printed_and_written_alike(name, start, shown, tmp_path):
    code, out, _ = shown("--format", name)
    assert shown("-o", str(tmp_path / "file"), "--format", name)[:2] == (0, "")

    assert code == 0
    assert out.startswith(start)
    assert (tmp_path / "file").read_text(encoding="utf-8") == out


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(".md", "markdown"), (".csv", "csv"), (".json", "json"), (".tex", "latex"), (".html", "html"),
     (".TEX", "latex"), (".txt", "terminal"), ("", "terminal")],
)  # fmt: skip
def test_a_suffix_names_its_format(suffix, name, shown, tmp_path):
    file = tmp_path / f"board{suffix}"
    shown("-o", str(file))

    assert file.read_text(encoding="utf-8") == shown("--format", name)[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "makdown"], "there is no format 'makdown'; did you mean 'markdown'?"),
        (["-o", "a.xlsx"], "-o a.xlsx: there is no format 'xlsx'"),
        (["--json", "--format", "csv"], "--json and --format csv contradict"),
        (["--explain", "--format", "csv"], "--explain has no place in csv"),
        (["--format", "parquet"], "parquet is not a text"),
        (["--layout", "paper", "-o", "a.parquet"], "--layout paper is not there as parquet"),
        (["--layout", "paper", "--json"], "--layout paper is not there as json"),
        (["--layout", "paper"], "'demo' names no published numbers"),
        (["--targets", "rte,"], "--targets 'rte,': a name is empty"),
        (["--targets", "rtee"], "there is no column 'rtee'; did you mean 'rte'?"),
        (["--sort", "averge"], "there is no column 'averge'; did you mean 'average'?"),
        (["--metric", "acuracy"], "did you mean 'accuracy'?"),
        (["--alpha", "1"], "alpha 1.0 is not between 0 and 1"),
    ],
)
def test_a_mistake_is_one_sentence_with_what_was_meant(options, said, shown):
    code, out, err = shown(*options)

    assert (code, out) == (2, "")
    assert said in err
    assert "hint: " in err


def test_targets_are_the_columns_that_are_shown(shown):
    tree = json.loads(shown("--targets", "SciTail, rte", "--json")[1])

    assert [column["name"] for column in tree["columns"]] == ["rte", "scitail"]


def test_sort_puts_the_best_first_and_what_has_no_score_last(shown):
    by_rte = json.loads(shown("--sort", "rte", "--json")[1])
    by_scitail = json.loads(shown("--sort", "scitail", "--json")[1])

    assert [row["method"] for row in by_rte["rows"]] == ["Joint", "Reptile", "BERT"]
    assert [row["method"] for row in by_scitail["rows"]] == ["Joint", "BERT", "Reptile"]


def test_alpha_is_that_of_the_intervals(shown):
    wide, narrow = (
        json.loads(shown("--alpha", alpha, "--json")[1])["rows"][1]["scores"][0]["differences"][0]
        for alpha in ("0.01", "0.2")
    )

    assert wide["interval"][0] < narrow["interval"][0] < narrow["mean"] == wide["mean"]


def test_the_statistics_are_explained_on_demand(shown):
    words = json.loads(shown("--json")[1])["explanation"]

    assert words
    assert words not in shown()[1].replace("\n", " ")
    assert words in shown("--explain")[1].replace("\n", " ")


def test_each_seed_has_a_line_on_demand(shown):
    text = shown("--seeds")[1]

    (line,) = (line for line in text.splitlines() if re.match(r"Joint +1 ", line))
    assert line.split() == ["Joint", "1", "61.0", "73.0", "67.0", "44.0"]
    assert re.search(r"BERT +0 .*70\.0 c", text)
    assert "of each meta seed" not in shown()[1]


def test_long_csv_has_a_line_for_each_method_column_and_seed(shown):
    lines = list(csv.DictReader(io.StringIO(shown("--format", "csv", "--long")[1])))
    found = {(line["method"], line["column"], line["meta_seed"]): line for line in lines}

    assert len(lines) == len(found) == 27
    assert found["Joint", "mrpc", "1"]["score"] == "0.73"
    assert found["BERT", "mrpc", "2"]["collapsed"] == "true"
    broken = found["Reptile", "mrpc", "1"]
    assert (broken["score"], broken["status"]) == ("", "diverged")
    assert found["Reptile", "scitail", "0"]["status"] == "missing"


def test_parquet_holds_what_long_csv_holds(shown, tmp_path):
    code, out, err = shown("-o", str(tmp_path / "scores.parquet"))
    table = pq.read_table(tmp_path / "scores.parquet")
    lines = list(csv.DictReader(io.StringIO(shown("--format", "csv", "--long")[1])))

    assert (code, out) == (0, "")
    assert "written: " in err
    assert table.column_names == list(lines[0])
    assert table.schema.field("size").type == pa.int64()  # without any value in this run
    for column in ("method", "column", "status", "cell", "metric"):
        assert table.column(column).to_pylist() == [line[column] for line in lines]
    assert [value for value in table.column("score").to_pylist() if value is not None] == [
        float(line["score"]) for line in lines if line["score"]
    ]


def test_the_signature_stands_under_every_table(shown):
    signature = json.loads(shown("--json")[1])["signature"]

    assert signature
    assert shown("--format", "md")[1].splitlines()[-1] == f"`{signature}`"
    assert signature in shown()[1].replace("\n", "")


def test_csv_and_json_agree_to_the_last_digit(shown):
    tree = json.loads(shown("--json")[1])
    rows = list(csv.DictReader(io.StringIO(shown("--format", "csv")[1])))
    scores = [score for row in tree["rows"] for score in row["scores"]]

    assert [row["mean"] for row in rows] == [
        "" if score["mean"] is None else repr(score["mean"]) for score in scores
    ]


def test_the_leaderboard_of_a_smoke_run_says_so_in_every_format_of_text(make_run, capsys):
    folder = str(make_run("quick", folder="quick.smoke", smoke=True).folder)
    for name in ("terminal", "markdown", "latex"):
        assert main(["compare", folder, "--format", name]) == 0
        assert "(SMOKE, no result)" in capsys.readouterr().out


def test_plots_are_written_to_a_folder(shown, tmp_path):
    code, out, err = shown("--plots", str(tmp_path / "plots"))

    assert code == 0
    assert out.startswith("demo: scores\n")
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert any(name.endswith(".svg") for name in names)
    assert all(f"written: {tmp_path / 'plots' / name}" in err for name in names)


def test_the_help_is_short(capsys):
    assert main(["compare", "--help"]) == 0
    assert len(capsys.readouterr().out.splitlines()) <= 60
