"""A part of a benchmark, cells that fail, cells again: as a user sees it."""

from __future__ import annotations

import json
import shutil

import pytest
from kit.benchmark import PLAIN, SHORT, TWO_TARGETS, benchmark, method

FLAKY = """
import os
from pathlib import Path

from metabench.api import AlgorithmInfo, AlgorithmOptions, EpisodeShape, hookimpl

METABENCH_API = 1


class Options(AlgorithmOptions):
    def episode_shape(self):
        return EpisodeShape(support=1, query=0)


@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("flaky", "flaky_heavy:Flaky", Options, "fails while a file says so")]
"""
HEAVY = """
import os
import signal
from pathlib import Path

from metabench.learning import Algorithm, MetaGradient


class Flaky(Algorithm):
    def meta_gradient(self, learner, meta, episode):
        switch = Path("fails")
        wanted = switch.read_text() if switch.is_file() else ""
        if wanted == "first":  # the cell that is run first, which is that of seed 0
            switch.write_text("")
            raise ValueError("seed 0 is not lucky")
        if wanted == "kill":
            switch.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
        with Path("processes").open("a") as file:
            print(os.getpid(), wanted, file=file)
        if wanted == "fault":
            switch.write_text("")
            raise RuntimeError("CUDA error: device-side assert triggered")
        if wanted == "all":
            raise ValueError("nobody is lucky")
        theta = meta["theta"]
        return MetaGradient({"theta": learner.gradient(theta, episode.support[0])})
"""


def file_of(name, *methods):
    return benchmark(
        name, *methods, model=SHORT, tasks=TWO_TARGETS | {"auxiliary": []},
        meta={"steps": 2, "tasks_per_step": 1}, finetune={"epochs": 0.05}, seeds={"meta": [0, 1]},
    )  # fmt: skip


TEXT = file_of("flaky", method("Flaky", "flaky") | {"sampler": "uniform"}, PLAIN)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a folder with an installed plugin, whose algorithm fails while `fails` says so."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / "flaky-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flaky\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[metabench]\nflaky = flaky\n")
    (folder / "flaky.py").write_text(FLAKY)
    (folder / "flaky_heavy.py").write_text(HEAVY)
    return folder


@pytest.fixture(scope="module")
def failed_once(site, tmp_path_factory, command):
    """Return a folder in which the method raised for one seed, and how the command went."""
    folder = tmp_path_factory.mktemp("flaky")
    (folder / "flaky.toml").write_text(TEXT)
    (folder / "fails").write_text("first")
    return folder, command("run", "flaky.toml", cwd=folder, PYTHONPATH=str(site))


@pytest.fixture(scope="module")
def retried(failed_once, site, tmp_path_factory, command):
    """Return a folder in which what had failed was run again, and how that went."""
    folder = tmp_path_factory.mktemp("retried") / "copy"
    shutil.copytree(failed_once[0], folder)
    return folder, command("run", "flaky.toml", "--retry-failed", cwd=folder, PYTHONPATH=str(site))


@pytest.fixture
def copy(retried, tmp_path):
    """Return a folder in which everything is done, to be changed."""
    shutil.copytree(retried[0], tmp_path / "copy")
    return tmp_path / "copy"


def results(folder):
    cells = folder / "runs" / "flaky" / "cells"
    return {path.parent.name[:-9]: path.read_bytes() for path in cells.glob("*/result.json")}


def test_a_method_that_raises_for_one_seed_costs_that_seed_alone(failed_once):
    folder, done = failed_once

    assert done.returncode == 1
    assert set(results(folder)) == {
        "meta-flaky-s1",
        "adapt-flaky-embedded-grammar-s1-f0",
        "adapt-flaky-embedded-entailment-s1-f0",
        *(
            f"adapt-plain-embedded-{task}-s{seed}-f0"
            for task in ("grammar", "entailment")
            for seed in (0, 1)
        ),
    }
    assert "Grammar (Flaky): failed: 1 plugin_error" in done.stdout


def test_the_failure_is_shown_at_once_and_again_in_the_table(failed_once):
    folder, done = failed_once
    lines = done.stderr.splitlines()
    (at_once,) = [number for number, line in enumerate(lines) if line.startswith("FAILED")]
    table = lines[lines.index("failed: 1 cell") :]

    assert "seed 0 is not lucky" in lines[at_once]
    assert any(line.startswith("done ") for line in lines[at_once:])
    assert table[1].split() == ["kind", "cells", "example"]
    assert table[2].split()[1:3] == ["1", "meta-flaky-s0:"]
    assert "seed 0 is not lucky" in table[2]
    (log,) = [line.split("log: ")[1] for line in table if "log: " in line]
    assert "Traceback" in (folder / log).read_text()
    assert "skipped: 2 cells, because a cell that they need has failed" in table
    assert table[-1] == "run them again: metabench run flaky.toml --retry-failed"


def test_without_being_asked_nothing_that_failed_is_run_again(failed_once, command, site, tmp_path):
    shutil.copytree(failed_once[0], tmp_path / "copy")

    done = command("run", "flaky.toml", cwd=tmp_path / "copy", PYTHONPATH=str(site))

    assert done.returncode == 1
    assert "nothing left to do: 7 cells done" in done.stderr
    assert "failed: 1 cell" in done.stderr
    assert "skipped: 2 cells" in done.stderr


def test_retry_failed_runs_that_cell_alone_and_what_was_skipped_because_of_it(failed_once, retried):
    before = results(failed_once[0])
    folder, done = retried
    after = results(folder)

    assert done.returncode == 0, done.stderr
    assert "3 cells to run, 7 done" in done.stderr
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {
        "meta-flaky-s0",
        "adapt-flaky-embedded-grammar-s0-f0",
        "adapt-flaky-embedded-entailment-s0-f0",
    }
    assert not list(folder.glob("runs/flaky/cells/*/failure.json"))


def test_force_replaces_the_result_of_what_is_selected_alone(copy, command, site):
    before = results(copy)
    done = command(
        "run", "flaky.toml", "--force", "--only", "method=Pl*", "--only", "seed=1",
        "--only", "target=embedded/grammar", cwd=copy, PYTHONPATH=str(site),
    )  # fmt: skip
    after = results(copy)

    assert done.returncode == 0, done.stderr
    assert "1 cell to run" in done.stderr
    (changed,) = [name for name in before if before[name] != after[name]]
    assert changed == "adapt-plain-embedded-grammar-s1-f0"
    assert json.loads(before[changed])["scores"] == json.loads(after[changed])["scores"]
    assert not list(copy.glob("runs/flaky/cells/.*"))
    assert len(json.loads((copy / "runs/flaky/run.json").read_text())["uses"]) == 8


def test_a_result_stays_where_running_it_again_fails(copy, command, site):
    before = results(copy)
    (copy / "fails").write_text("all")
    done = command(
        "run", "flaky.toml", "--force", "--only", "kind=meta", "--only", "seed=0",
        cwd=copy, PYTHONPATH=str(site),
    )  # fmt: skip
    again = command("run", "flaky.toml", cwd=copy, PYTHONPATH=str(site))

    assert done.returncode == 1
    assert "nobody is lucky" in done.stderr
    assert results(copy) == before
    assert not list(copy.glob("runs/flaky/cells/.*"))
    assert again.returncode == 0
    assert "nothing left to do: 10 cells done" in again.stderr


def test_fail_fast_stops_at_the_first_failed_cell(site, command, tmp_path):
    (tmp_path / "flaky.toml").write_text(TEXT)
    (tmp_path / "fails").write_text("all")
    (tmp_path / "second.toml").write_text(TEXT.replace('"flaky"', '"second"', 1))
    done = command(
        "run", "flaky.toml", "second.toml", "--fail-fast", cwd=tmp_path, PYTHONPATH=str(site)
    )

    assert done.returncode == 1
    assert done.stderr.count("FAILED") == 1
    assert "not started: 9 cells, because enough have failed" in done.stderr
    assert "not started: second.toml, because enough cells have failed" in done.stderr
    assert [path.name for path in tmp_path.glob("runs/*/cells/*/failure.json")] == ["failure.json"]
    assert not (tmp_path / "runs" / "second").exists()


def test_several_files_have_a_leaderboard_each_and_the_worst_exit_code(
    failed_once, site, command, tmp_path
):
    shutil.copytree(failed_once[0], tmp_path / "copy")
    (tmp_path / "copy" / "plain.toml").write_text(file_of("plain", PLAIN))
    done = command(
        "run", "flaky.toml", "plain.toml", "--only", "seed=0", "--only", "task=embedded/grammar",
        cwd=tmp_path / "copy", PYTHONPATH=str(site),
    )  # fmt: skip
    compared = command("compare", "plain", cwd=tmp_path / "copy")

    assert done.returncode == 1
    assert done.stdout.index("flaky: scores") < done.stdout.index("plain: scores")
    assert "results: runs/flaky\n" in done.stdout
    assert done.stdout.endswith("results: runs/plain\n")
    assert "1 ok" in done.stderr
    said = " ".join(compared.stdout.split())
    assert "PART: the run was last asked only for seed=0, task=embedded/grammar; 3 of 4" in said


def test_a_fault_of_the_device_costs_its_cell_and_its_process(site, tmp_path, command):
    """Every later call of that process would fail; the others run in a new one."""
    (tmp_path / "flaky.toml").write_text(TEXT)
    (tmp_path / "fails").write_text("fault")
    arguments = ("run", "flaky.toml", "--cell-timeout", "600", "--only", "kind=meta")
    done = command(*arguments, cwd=tmp_path, PYTHONPATH=str(site))

    (failure,) = tmp_path.glob("runs/flaky/cells/meta-*/failure.json")
    record = json.loads(failure.read_text())
    steps = [line.split() for line in (tmp_path / "processes").read_text().splitlines()]
    faulted = next(at for at, step in enumerate(steps) if step[1:] == ["fault"])
    assert done.returncode == 1
    assert record["status"] == "error"
    assert record["message"].endswith(
        "the GPU reported a fault: CUDA error: device-side assert triggered"
    )
    assert len(list(tmp_path.glob("runs/flaky/cells/meta-*/result.json"))) == 1
    assert steps[faulted][0] not in {step[0] for step in steps[faulted + 1 :]}
