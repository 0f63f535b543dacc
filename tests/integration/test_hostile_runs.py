"""A plugin that returns or does what it may not, in a real run: named, and in nobody's way."""

from __future__ import annotations

import json
import textwrap

import pytest
from kit.benchmark import PLAIN, SHORT, benchmark, method

LIGHT = """
from metabench.api import (
    AlgorithmInfo, AlgorithmOptions, EpisodeShape, GeneratedSource, MetricInfo, Options,
    SamplerInfo, TaskCard, hookimpl,
)
METABENCH_API = 1

class Shape(AlgorithmOptions):
    def episode_shape(self):
        return EpisodeShape(support=1, query=1)

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo(name, f"bench_hostile_heavy:Deeds.{name}", Shape, "x") for name in DEEDS]

@hookimpl
def metabench_samplers():
    return [SamplerInfo("strange", "bench_hostile_heavy:Strange", Options, "x")]

@hookimpl
def metabench_metrics():
    names = ("nonsense", "leaves", "meddles")
    return [MetricInfo(name, f"bench_hostile_heavy:{name}", "x") for name in names]

@hookimpl
def metabench_tasks():
    return [
        TaskCard(
            name="generated", title="x", source=GeneratedSource(target="bench_hostile_heavy:rows"),
            text=("text",), labels=("a", "b"), metrics=("accuracy",), scored="validation",
            splits={"train": 8, "validation": 8}, summary="x", licence="x", citation="x",
            generated=True,
        )
    ]

@hookimpl
def metabench_cell_end(event):
    import os
    os.chdir("/")
"""
HEAVY = """
import os, random, signal
import numpy, torch
from metabench.learning import Algorithm, MetaGradient, TaskSampler

class Honest(Algorithm):
    def meta_gradient(self, learner, meta, episode):
        theta = meta["theta"]
        return MetaGradient({"theta": self.deed(theta, learner.gradient(theta, episode.query[0]))})

class Strange(TaskSampler):
    def probabilities(self, step, tasks, state):
        return {"somebody/else": 1.0}

def nonsense(labels, outputs):
    return float("nan")

def leaves(labels, outputs):
    os.sys.exit(0)

def meddles(labels, outputs):
    numpy.random.seed(1)
    return 0.5

def rows(name, split):
    os.sys.exit(0)

def after(call):
    def deed(self, theta, direction):
        call(theta)
        return direction
    return deed

class Deeds:
    pass

"""
DEEDS = {
    "wrong_shape": ("lambda s, t, d: d[:5]", "gave torch.float32 (5,) for block 'theta'"),
    "wrong_dtype": ("lambda s, t, d: d.double()", "gave torch.float64 ("),
    "a_dict": ("lambda s, t, d: {'theta': d}", "gave a dict of 1 for block 'theta'"),
    "not_a_number": ("lambda s, t, d: d * float('nan')", "the direction for theta is nan"),
    "writes": ("after(lambda t: t.mul_(2))", "wrote to its arguments: block 'theta'"),
    "threads": ("after(lambda t: torch.set_num_threads(2))", "changed torch's number of threads"),
    "dtype": (
        "after(lambda t: torch.set_default_dtype(torch.float64))", "changed torch's default dtype"
    ),
    "seed": ("after(lambda t: torch.manual_seed(1))", "changed the random numbers of torch"),
    "numpy_seed": ("after(lambda t: numpy.random.seed(1))", "changed the random numbers of numpy"),
    "python_seed": ("after(lambda t: random.seed(1))", "changed the random numbers of Python"),
    "folder": ("after(lambda t: os.chdir('/'))", "changed the working folder"),
    "environment": (
        "after(lambda t: os.environ.update(OMP_NUM_THREADS='7'))", "changed the environment"
    ),
    "handler": (
        "after(lambda t: signal.signal(signal.SIGINT, signal.SIG_IGN))",
        "changed the handler of SIGINT",
    ),
    "raises": ("after(lambda t: 1 / 0)", "raised ZeroDivisionError: division by zero"),
    "exits": ("after(lambda t: os.sys.exit(0))", "raised SystemExit: 0"),
}  # fmt: skip
HONEST = (PLAIN, method("Reptile", "reptile"))


def file_of(name, *methods, target=("embedded/grammar",), **tasks):
    return benchmark(
        name, *methods, model=SHORT, tasks={"target": target, **tasks},
        meta={"steps": 2, "tasks_per_step": 1, "batch_size": 2}, finetune={"epochs": 0.01},
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory, process):
    """One run of every deed beside two honest methods; the process, and records by cell."""
    site, folder = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("runs")
    lines = (
        f"class {n}(Honest):\n    deed = {deed}\nDeeds.{n} = {n}" for n, (deed, _) in DEEDS.items()
    )
    (site / "bench_hostile.py").write_text(f"DEEDS = {list(DEEDS)}\n{textwrap.dedent(LIGHT)}")
    (site / "bench_hostile_heavy.py").write_text(HEAVY + "\n".join(lines))
    info = site / "bench_hostile-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-hostile\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[metabench]\nbench-hostile = bench_hostile\n")
    hostile = [method(name, name) for name in DEEDS]
    hostile.append(method("strange", "reptile") | {"sampler": "strange"})
    (folder / "hostile.toml").write_text(file_of("hostile", *hostile, *HONEST))
    (folder / "honest.toml").write_text(file_of("hostile", *HONEST))
    done = process("run", "hostile.toml", cwd=folder, PYTHONPATH=str(site))
    return done, folder, site


def failures(folder):
    """Return the failures of a run folder by what their method is called."""
    found = {}
    for path in (folder / "runs" / "hostile" / "cells").glob("meta-*/failure.json"):
        name = path.parent.name.removeprefix("meta-").rpartition("-s0-")[0].replace("-", "_")
        found[name] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize("name", DEEDS)
def test_each_deed_fails_its_own_cell_and_names_distribution_and_version(run, name):
    _, folder, _ = run
    failure = failures(folder)[name]

    assert failure["status"] == ("diverged" if name == "not_a_number" else "plugin_error")
    assert DEEDS[name][1] in failure["message"]
    assert f"{name} of bench-hostile 0.3" in failure["message"]
    assert failure["hint"]


def test_a_sampler_that_knows_no_task_is_named_and_not_the_algorithm(run):
    failure = failures(run[1])["strange"]

    assert failure["status"] == "plugin_error"
    assert "strange of bench-hostile 0.3" in failure["message"]


def test_an_observer_that_moves_is_named_and_fails_nothing(run):
    done, _, _ = run

    assert "bench-hostile 0.3: metabench_cell_end" in done.stderr
    assert "it changed the working folder" in done.stderr
    assert done.returncode == 1


def test_the_cells_beside_them_come_to_the_bits_that_they_come_to_alone(run, command):
    _, folder, _ = run
    alone = command("run", "honest.toml", "--runs", "alone", cwd=folder)

    assert alone.returncode == 0, alone.stderr
    for path in (folder / "alone" / "hostile" / "cells").glob("*/result.json"):
        there = folder / "runs" / "hostile" / "cells" / path.parent.name / "result.json"
        one, other = json.loads(path.read_text()), json.loads(there.read_text())
        assert one["files"] == other["files"], path.parent.name  # with the sha256 of each
        assert one["files"]
        assert one["losses"] == other["losses"]


OFFERS = {
    "nonsense": ("invalid_metric", "metric 'nonsense' returned nan"),
    "leaves": ("invalid_metric", "metric 'leaves' failed: SystemExit(0)"),
    "meddles": ("plugin_error", "metric 'meddles' changed the random numbers of numpy"),
    "generated": ("data_error", "the generator failed: SystemExit: 0"),
}


@pytest.fixture(scope="module")
def scored(run, process):
    """One run of tasks that are scored by faulty metrics, or made by a faulty generator."""
    _, folder, site = run
    rows = (f"row {number},{'ab'[number % 2]}\n" for number in range(12))
    (folder / "rows.csv").write_text(f"text,label\n{''.join(rows)}")
    own = {"train": "rows.csv", "scored_fraction": 0.5, "text": ["text"], "labels": ["a", "b"]}
    define = [{"name": name, **own, "metrics": [name]} for name in OFFERS if name != "generated"]
    text = file_of("scored", PLAIN, target=list(OFFERS), define=define)
    (folder / "scored.toml").write_text(text)
    return process("run", "scored.toml", cwd=folder, PYTHONPATH=str(site)), folder


@pytest.mark.parametrize("name", OFFERS)
def test_a_faulty_metric_or_generator_is_no_score_and_is_named(scored, name):
    done, folder = scored

    assert done.returncode == 1, done.stderr
    (path,) = (folder / "runs" / "scored" / "cells").glob(f"adapt-plain-{name}-*/failure.json")
    failure = json.loads(path.read_text())
    assert failure["status"] == OFFERS[name][0]
    assert OFFERS[name][1] in failure["message"]
    assert "bench_hostile_heavy:" in failure["message"]
    if name != "generated":
        assert "of bench-hostile 0.3" in failure["message"]
