"""Another list of metrics is scored from the predictions that are there; nothing is trained."""

from __future__ import annotations

import json
import shutil

import pytest
from kit.benchmark import PLAIN, REVIEWS, SHORT, benchmark

from metabench.cli.main import main

TASK = REVIEWS | {"scored": "dev.csv", "labels": ["bad", "good"]}


def scored_by(*metrics):
    define = [TASK | {"metrics": list(metrics)}]
    return file_of({"target": ["my/reviews", "embedded/grammar"], "define": define})


def file_of(tasks):
    return benchmark(
        "own", PLAIN, model=SHORT, tasks=tasks, finetune={"epochs": 1}, seeds={"meta": [0, 1]}
    )


BENCHMARK = scored_by("accuracy")
MORE = scored_by("f1", "accuracy")
LABELS = ("bad", "good")


def rows(numbers):
    lines = (f"the film of part {row},{LABELS[row % 3 // 2]}\n" for row in numbers)
    return "sentence,label\n" + "".join(lines)


def results(runs):
    """Return the record of each cell of the run by key, damaged ones left out."""
    paths = runs.glob("own/cells/*/result.json")
    found = [json.loads(path.read_text()) for path in paths]
    return {record["key"]: record for record in found}


def planned(runs):
    """Return the records of the cells that the run asks for now, by name."""
    note = json.loads((runs / "own" / "run.json").read_text())
    known = results(runs)
    return {known[use["key"]]["name"]: known[use["key"]] for use in note["uses"]}


def written(folder, text):
    (folder / "own.toml").write_text(text)
    (folder / "train.csv").write_text(rows(range(36)))
    (folder / "dev.csv").write_text(rows(range(40, 64)))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder in which the benchmark was run with accuracy alone."""
    with pytest.MonkeyPatch.context() as patched:
        folder = written(tmp_path_factory.mktemp("changed"), BENCHMARK)
        patched.chdir(folder)
        assert main(["run", "own.toml"]) == 0
    return folder


@pytest.fixture
def folder(trained, tmp_path, monkeypatch):
    """Return a copy of that folder, whose benchmark file asks for F1 too."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    (tmp_path / "own.toml").write_text(MORE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_more_metrics_are_scored_as_a_fresh_run_scores_them(folder, capsys):
    before = planned(folder / "runs")
    assert main(["run", "own.toml"]) == 0
    said = capsys.readouterr().err
    assert main(["run", "own.toml", "--runs", "fresh"]) == 0
    now, fresh = planned(folder / "runs"), planned(folder / "fresh")

    reason = "metrics accuracy → f1, accuracy; to be scored from saved predictions"
    assert "4 cells: 2 done, 2 unscored\n" in said
    assert f"  unscored, 2 cells: {reason}\n" in said
    assert now.keys() == fresh.keys()
    assert {len(record["scores"]) for record in now.values()} == {1, 2}
    for name, record in fresh.items():
        for field in ("key", "scores", "primary", "collapsed", "files", "losses", "steps"):
            assert now[name][field] == record[field], (name, field)
        changed = record["key"] != before[name]["key"]
        again = now[name]["rescoring"]
        assert (again is not None) == changed == name.startswith("adapt-plain-my-reviews")
        # Nothing was trained: time and place are those of the training that there was.
        assert now[name]["provenance"] == before[name]["provenance"]
        if changed:
            assert again["before"] == before[name]["scores"]
            assert again["source"] == f"{name}-{before[name]['key'][:8]}"
            assert again["command"][-2:] == ["run", "own.toml"]


def test_it_is_done_after_that_also_where_the_old_list_comes_back(folder, capsys):
    main(["run", "own.toml"])
    capsys.readouterr()
    assert main(["run", "own.toml"]) == 0
    assert "4 cells: 4 done\n" in capsys.readouterr().err

    (folder / "own.toml").write_text(BENCHMARK)
    assert main(["run", "own.toml"]) == 0
    assert "4 cells: 4 done\n" in capsys.readouterr().err


def test_a_dry_run_counts_no_training(folder, capsys):
    assert main(["run", "own.toml", "--dry-run"]) == 0
    out = capsys.readouterr().out

    assert "\n4 cells: 2 done, 2 unscored; 0 to run\n" in out
    assert "cost: about" not in out


def test_where_the_predictions_are_damaged_the_cell_is_trained(folder, capsys):
    (path,) = folder.glob("runs/own/cells/*my-reviews-s0*/predictions.parquet")
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    assert main(["run", "own.toml"]) == 0
    said = capsys.readouterr().err
    now = planned(folder / "runs")

    assert "2 cells to run, 2 done\n" in said
    assert [
        record["rescoring"] is None for name, record in sorted(now.items()) if "my" in name
    ] == [
        True,
        False,
    ]


def test_force_trains(folder):
    assert main(["run", "own.toml", "--force", "--only", "task=my/reviews"]) == 0

    assert {record["rescoring"] for record in planned(folder / "runs").values()} == {None}


def test_the_part_that_is_asked_for_alone_is_scored(folder, capsys):
    assert main(["run", "own.toml", "--only", "seed=1"]) == 0
    capsys.readouterr()
    main(["run", "own.toml", "--dry-run"])

    assert "4 cells: 3 done, 1 unscored; 0 to run" in capsys.readouterr().out


def test_a_chosen_metric_keeps_its_title_and_its_scale(folder, capsys):
    (folder / "own.toml").write_text(scored_by("accuracy", "f1"))
    main(["run", "own.toml"])
    capsys.readouterr()
    assert main(["compare", "own", "--metric", "f1", "--format", "json"]) == 0
    columns = json.loads(capsys.readouterr().out)["columns"]
    note = json.loads((folder / "runs/own/run.json").read_text())

    assert {metric["name"] for metric in note["metrics"]} == {"accuracy", "f1", "matthews"}
    chosen = next(column for column in columns if column["name"] == "my/reviews")
    assert (chosen["metric"], chosen["percent"]) == ("F1", True)


ROWS = """
def rows(name, split):
    count = {"train": 16, "validation": 12}[split]
    numbers = range(count)
    return {"text": [f"word {row % 5}" for row in numbers], "label": [row % 2 for row in numbers]}
"""
CARD = """
from metabench.api import GeneratedSource, MetricInfo, TaskCard, hookimpl

def errors(labels, outputs):
    return float((outputs.argmax(axis=1) != labels).sum())

@hookimpl
def metabench_metrics():
    return [MetricInfo("errors", f"{__name__}:errors", "Errors", percent=False)]

@hookimpl
def metabench_tasks():
    return [
        TaskCard(
            name="words", title="Words", source=GeneratedSource(target="words:rows"),
            text=("text",), labels=("a", "b"), metrics=("accuracy",), scored="validation",
            splits={"train": 16, "validation": 12}, summary="x", licence="x", citation="x",
            generated=True,
        )
    ]
"""


@pytest.fixture
def words(tmp_path, command):
    """Return what runs a command on a benchmark whose only task a plugin offers."""
    (tmp_path / "own.toml").write_text(file_of({"target": ["words"]}))
    (tmp_path / "words.py").write_text(ROWS)

    def call(*arguments):
        plugin, path = ("--plugin-file", "card.py"), {"PYTHONPATH": str(tmp_path)}
        done = command(*arguments, *plugin, cwd=tmp_path, **path)
        assert done.returncode == 0, done.stderr
        return done

    return call


def test_after_score_has_written_what_a_card_now_names_a_run_finds_all_done(tmp_path, words):
    """Also where a metric computes something else under its old name."""
    (tmp_path / "card.py").write_text(CARD)
    words("run", "own.toml")
    first = planned(tmp_path / "runs")
    both = CARD.replace('("accuracy",)', '("accuracy", "errors")')
    for text, each in ((both, 1), (both.replace(".sum()", ".sum() * 2"), 2)):
        (tmp_path / "card.py").write_text(text)
        assert "2 cells scored, 2 changed (written)" in words("score", "own", "--write").stderr
        said = words("run", "own.toml").stderr
        now = planned(tmp_path / "runs")

        assert "2 cells: 2 done\n" in said
        assert "nothing left to do: 2 cells done\n" in said
        for name, record in now.items():
            right = first[name]["scores"]["accuracy"]
            errors = each * (12 - round(12 * right))
            assert record["scores"] == {"accuracy": right, "errors": errors}
            assert record["files"] == first[name]["files"]
    shown = words("compare", "own", "--metric", "errors", "--format", "json").stdout
    columns = json.loads(shown)["columns"]
    assert (columns[0]["metric"], columns[0]["percent"]) == ("Errors", False)


def test_a_metric_that_fails_is_a_failure_and_costs_no_training(tmp_path, words, command):
    (tmp_path / "card.py").write_text(CARD)
    words("run", "own.toml")
    text = CARD.replace('("accuracy",)', '("accuracy", "errors")').replace("float(", "str(")
    (tmp_path / "card.py").write_text(text)
    arguments = ("run", "own.toml", "--plugin-file", "card.py")
    done = command(*arguments, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    paths = [*tmp_path.rglob("failure.json")]
    failures = [json.loads(path.read_text()) for path in paths]

    assert done.returncode == 1
    assert [failure["status"] for failure in failures] == ["invalid_metric"] * 2
    assert "metric 'errors' returned" in failures[0]["message"]
    assert not any(path.with_name("metrics.jsonl").exists() for path in paths)
