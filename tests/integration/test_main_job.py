"""From a benchmark file to a leaderboard, as a user sees it."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest
from kit.benchmark import benchmark

DEMO = Path(__file__).parents[1] / "fixtures" / "metabench-demo"


@pytest.fixture
def copy(finished, tmp_path):
    """Return a folder with the finished run in it, to be changed."""
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    return folder


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in folder.glob("runs/small/cells/*/result.json")}


def states(dry_run):
    """Return the lines of a dry run that are not done: (state, stage, rest)."""
    lines = [line.split(maxsplit=2) for line in dry_run.stdout.splitlines() if line]
    return [tuple(line) for line in lines if line[0] in {"new", "stale", "failed"}]


def test_the_leaderboard_has_every_method_and_column(finished):
    board = (finished / "stdout.txt").read_text()

    for name in ("Plain", "Joint", "MAML", "FOMAML", "Reptile 2:1"):
        assert name in board
    for column in ("Grammar", "Entailment", "Science"):
        assert column in board
    assert "GENERATED" in board
    assert "difference to Plain" in board


def test_every_record_says_where_it_comes_from(finished, read):
    for name, record in read(finished / "runs" / "small").items():
        provenance = record["provenance"]
        assert provenance["versions"]["torch"], name
        assert provenance["threads"] == 1
        assert len(provenance["spec_hash"]) == 64
        assert provenance["command"][1] == "run"
        assert provenance["device"] == "cpu"
        assert provenance["started"] <= provenance["ended"]
        assert set(provenance["data"]) <= {
            "embedded/inference", "embedded/grammar", "embedded/entailment", "embedded/science",
        }  # fmt: skip


def test_a_sampler_that_needs_a_target_makes_one_meta_cell_per_target(finished, read):
    names = [name for name in read(finished / "runs" / "small") if name.startswith("meta-reptile")]

    assert len(names) == 2 * 2  # targets x seeds


def test_a_second_run_has_nothing_to_do_and_touches_no_result(copy, command):
    before = stamps(copy)

    again = command("run", "small.toml", cwd=copy)

    assert again.returncode == 0
    assert "nothing left to do" in again.stderr
    assert stamps(copy) == before


def test_one_process_and_two_give_the_same_scores(finished, tmp_path, small, command, read):
    (tmp_path / "small.toml").write_text(small)
    done = command("run", "small.toml", "-j", "1", cwd=tmp_path)
    one, two = read(tmp_path / "runs" / "small"), read(finished / "runs" / "small")

    assert done.returncode == 0, done.stderr
    assert {name: record["scores"] for name, record in one.items()} == {
        name: record["scores"] for name, record in two.items()
    }
    assert {name: [file["sha256"] for file in record["files"]] for name, record in one.items()} == {
        name: [file["sha256"] for file in record["files"]] for name, record in two.items()
    }


def test_after_a_kill_only_unfinished_cells_run_and_no_file_is_broken(
    tmp_path, small, command, server, finished, read
):
    (tmp_path / "small.toml").write_text(small)
    cells = tmp_path / "runs" / "small" / "cells"
    process = server.start(tmp_path, "run", "small.toml", "-j", "2")
    while process.poll() is None and len(list(cells.glob("*/result.json"))) < 5:
        time.sleep(0.02)
    process.send(signal.SIGKILL)
    process.wait()
    time.sleep(1)  # its workers see that it is gone, and end
    before = stamps(tmp_path)
    for path in before:
        json.loads(path.read_text())

    resumed = command("run", "small.toml", "-j", "2", cwd=tmp_path)

    after = stamps(tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert 5 <= len(before) < len(after)
    assert {path: after[path] for path in before} == before
    one, two = read(tmp_path / "runs" / "small"), read(finished / "runs" / "small")
    assert {name: record["scores"] for name, record in one.items()} == {
        name: record["scores"] for name, record in two.items()
    }


def test_a_further_fraction_or_method_runs_no_meta_cell_that_is_there_again(finished, command):
    fraction = 'tasks.transfer=[{task="embedded/science",fractions=[0.02,0.05]}]'
    text = (finished / "small.toml").read_text()
    more = text + '[[methods]]\nid = "Joint uniform"\nalgorithm = "joint"\nsampler = "uniform"\n'
    (finished / "more.toml").write_text(more)

    with_fraction = states(
        command("run", "small.toml", "--dry-run", "--set", fraction, cwd=finished)
    )
    with_method = states(command("run", "more.toml", "--dry-run", cwd=finished))

    assert with_fraction
    assert {(state, stage) for state, stage, _ in with_fraction} == {("new", "adapt")}
    assert with_method
    assert all("Joint uniform" in rest for _, _, rest in with_method)


def test_another_inner_rate_makes_that_methods_cells_new_and_says_why(finished, command):
    changed = states(
        command(
            "run", "small.toml", "--dry-run", "--set", "methods.MAML.options.inner_lr=0.02",
            cwd=finished,
        )
    )  # fmt: skip

    assert len([stage for _, stage, _ in changed if stage == "meta"]) == 2
    assert len([stage for _, stage, _ in changed if stage == "adapt"]) == 2 * 3
    for state, _, rest in changed:
        assert state == "stale"
        assert rest.startswith("MAML ")
        assert "inner_lr 0.01 → 0.02" in rest


def test_a_further_target_makes_every_meta_cell_stale_and_says_why(finished, command):
    target = 'tasks.target=["embedded/grammar","embedded/entailment","embedded/similarity"]'
    changed = states(command("run", "small.toml", "--dry-run", "--set", target, cwd=finished))

    meta = [(state, rest) for state, stage, rest in changed if stage == "meta"]
    known = [rest for state, rest in meta if state == "stale"]
    assert len(known) == 3 * 2 + 2 * 2  # the mixed sampler has a cell per target
    assert all("embedded/similarity added" in rest for rest in known)
    assert all("Reptile" in rest for state, rest in meta if state == "new")


def test_three_mistakes_are_three_located_lines_and_nothing_is_written(tmp_path, small, command):
    wrong = small.replace("max_length = 32", 'max_length = "long"')
    wrong = wrong.replace("tasks_per_step", "task_per_step").replace('"joint"', '"jiont"')
    (tmp_path / "wrong.toml").write_text(wrong)
    line = {text: number for number, text in enumerate(wrong.splitlines(), start=1)}

    refused = command("run", "wrong.toml", cwd=tmp_path)

    assert refused.returncode == 2
    assert [text for text in refused.stderr.splitlines() if text.startswith("error")] == [
        (
            f"error: wrong.toml:{line['max_length = ' + chr(34) + 'long' + chr(34)]}: "
            "model.max_length: expected an integer, got 'long'"
        ),
        (
            f"error: wrong.toml:{line['task_per_step = 2']}: "
            "meta.task_per_step: unknown key; did you mean 'tasks_per_step'?"
        ),
        (
            f"error: wrong.toml:{line['algorithm = ' + chr(34) + 'jiont' + chr(34)]}: "
            "methods[1].algorithm: there is no algorithm 'jiont'; did you mean 'joint'?"
        ),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.toml"]


def test_without_mirror_and_network_the_data_set_is_named_with_both_ways_out(tmp_path, command):
    refused = command("run", "glue_low_resource", cwd=tmp_path, HF_HUB_OFFLINE="1", HF_HOME="hub")

    assert refused.returncode == 4
    assert "dataset 'nyu-mll/glue'" in refused.stderr
    assert "METABENCH_HUB" in refused.stderr
    assert "network" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_an_algorithm_from_a_package_of_its_own_is_listed_and_run(
    tmp_path, command, read, pip_install
):
    site = tmp_path / "site"
    pip_install(DEMO, site)
    sections = {"meta": {"steps": 3}, "finetune": {"epochs": 0.1}, "seeds": {"meta": [0]}}
    text = benchmark("small", {"id": "Signs", "algorithm": "sign-reptile"}, **sections)
    (tmp_path / "signs.toml").write_text(text)

    listed = command("list", "algorithms", cwd=tmp_path, PYTHONPATH=str(site))
    done = command("run", "signs.toml", cwd=tmp_path, PYTHONPATH=str(site))

    assert "sign-reptile" in listed.stdout
    assert "metabench-demo" in listed.stdout
    assert done.returncode == 0, done.stderr
    meta = [r for r in read(tmp_path / "runs" / "small").values() if r["kind"] == "meta"]
    assert [plugin["distribution"] for plugin in meta[0]["provenance"]["plugins"]] == [
        "metabench",
        "metabench-demo",
    ]


def test_a_worker_that_dies_costs_its_own_cell_alone(tmp_path, small, command, read):
    """A plugin's algorithm that ends the process, as the kernel does when memory runs out."""
    site = tmp_path / "site"
    info = site / "fatal-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fatal\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[metabench]\nfatal = fatal\n")
    (site / "fatal.py").write_text(
        "import os, signal\n"
        "from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl\n"
        "METABENCH_API = 1\n"
        "@hookimpl\n"
        "def metabench_algorithms():\n"
        "    return [AlgorithmInfo('fatal', 'fatal:make', AlgorithmOptions, 'ends it all')]\n"
        "def make(options):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    head = small[: small.index("[[methods]]")]
    text = (
        f'{head}[[methods]]\nid = "Fatal"\nalgorithm = "fatal"\n'
        '[[methods]]\nid = "Plain"\nalgorithm = "finetune"\n'
    )
    (tmp_path / "fatal.toml").write_text(text)

    done = command("run", "fatal.toml", "-j", "2", cwd=tmp_path, PYTHONPATH=str(site))

    assert done.returncode == 1
    assert "the process that ran it is gone (signal 9)" in done.stderr
    failures = [
        json.loads(path.read_text())
        for path in (tmp_path / "runs" / "small" / "cells").glob("meta-fatal-*/failure.json")
    ]
    assert [failure["status"] for failure in failures] == ["error"] * 2
    assert all("is gone" in failure["message"] for failure in failures)
    assert len([n for n in read(tmp_path / "runs" / "small") if n.startswith("adapt-plain")]) == 6
