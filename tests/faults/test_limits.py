"""A cell that hangs or dies is ended, written down and, where asked for, tried again."""

from __future__ import annotations

import json
import signal
import textwrap
from typing import NamedTuple

import pytest
from kit.benchmark import PLAIN, SHORT, benchmark, method

PLUGIN = """
import ctypes, itertools, os, time
import torch
from pathlib import Path
import transformers.models.bert.modeling_bert  # seconds that no cell is to be blamed for
from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl
from metabench.learning import Algorithm, MetaGradient

class Options(AlgorithmOptions):
    do: str = "nothing"

def loop():
    while True:
        try:
            time.sleep(0.001)
        except Exception:
            pass

def stuck():
    sum(itertools.repeat(0))  # one call that holds the interpreter for ever

def die():
    os.kill(os.getpid(), 9)

def out_of_memory():
    raise MemoryError

def raises():
    raise OSError("the network is gone")

def unsteady():
    torch.zeros(4).put_(torch.tensor([0, 0]), torch.ones(2))  # whichever comes last

def once(do):
    marker = Path("tried")
    if not marker.exists():
        marker.touch()
        do()

class Trouble(Algorithm):
    def meta_gradient(self, learner, meta, episode):
        first, _, rest = self.options.do.partition(" ")
        if episode.step == 2 and first != "nothing":
            once(globals()[rest]) if first == "once" else globals()[first]()
        gradient = learner.gradient(meta["theta"], episode.query[0])
        return MetaGradient({"theta": gradient})

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("trouble", f"{__name__}:Trouble", Options, "a summary")]
"""
QUICK = {"hang_seconds": 3}


class Ended(NamedTuple):
    """How a command ended: its exit code, what it said on stderr, what it printed."""

    returncode: int
    said: str
    printed: str


@pytest.fixture
def run(tmp_path, server):
    """Return what runs the benchmark with a plugin that does one thing at its third step."""
    (tmp_path / "trouble.py").write_text(textwrap.dedent(PLUGIN))

    def run(do, *arguments, **compute):
        text = benchmark(
            "trouble", method("Trouble", "trouble", do=do), PLAIN, model=SHORT,
            meta={"steps": 4, "tasks_per_step": 1}, finetune={"epochs": 0.1},
            compute={"checkpoint_seconds": 0, **compute},
        )  # fmt: skip
        (tmp_path / "trouble.toml").write_text(text)
        arguments = ("run", "trouble.toml", "--plugin-file", "trouble.py", *arguments)
        running = server.start(tmp_path, *arguments)
        return Ended(running.wait(), running.said, running.printed)

    return run


def cell(tmp_path, start="meta-trouble"):
    (folder,) = (tmp_path / "runs" / "trouble" / "cells").glob(f"{start}*")
    return folder


def record(tmp_path, name, start="meta-trouble"):
    return json.loads((cell(tmp_path, start) / name).read_text())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("do", "arguments", "compute", "said"),
    [
        ("loop", (), QUICK, "has not done a step for 3 seconds"),
        ("stuck", ("--cell-timeout", "12"), {}, "took longer than 12 seconds, and its process"),
    ],
    ids=["Python", "C"],
)
def test_a_cell_that_hangs_is_ended_with_all_stacks_and_the_others_run(
    run, tmp_path, do, arguments, compute, said
):
    done = run(do, *arguments, **compute)

    assert done.returncode == 1, done.said
    failure = record(tmp_path, "failure.json")
    assert failure["status"] == "timeout"
    assert said in failure["message"]
    log = (cell(tmp_path) / "log.txt").read_text()
    assert f"in {do}\n" in log
    assert "in meta_gradient" in log
    assert record(tmp_path, "result.json", start="adapt-plain")["status"] == "ok"
    assert (cell(tmp_path) / "checkpoints").exists()


@pytest.mark.slow
def test_a_cell_that_took_too_long_goes_on_from_its_last_checkpoint(run, tmp_path):
    assert run("once loop", **QUICK).returncode == 1
    assert run("once loop", "--retry-failed").returncode == 0

    assert "started meta-trouble" in (cell(tmp_path) / "log.txt").read_text()
    assert "after step 2" in (cell(tmp_path) / "log.txt").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("do", "arguments"),
    [("die", ("-j", "2")), ("out_of_memory", ()), ("raises", ()), ("loop", ())],
)
def test_what_may_pass_is_tried_again_and_the_record_says_how_often(run, tmp_path, do, arguments):
    done = run(f"once {do}", "--retries", "2", *arguments, **(QUICK if do == "loop" else {}))

    assert done.returncode == 0, done.said
    assert record(tmp_path, "result.json")["attempts"] == 2
    assert not (cell(tmp_path) / "failure.json").exists()
    assert record(tmp_path, "result.json", start="adapt-plain")["attempts"] == 1
    assert "(3/3)" in done.said
    assert "(4/3)" not in done.said


@pytest.mark.slow
def test_what_does_not_pass_fails_after_that_many_tries(run, tmp_path):
    done = run("raises", "--retries", "1")

    assert done.returncode == 1, done.said
    failure = record(tmp_path, "failure.json")
    assert (failure["status"], failure["attempts"]) == ("plugin_error", 2)
    assert "raised OSError: the network is gone" in failure["message"]
    assert record(tmp_path, "result.json", start="adapt-plain")["status"] == "ok"


@pytest.mark.slow
def test_out_of_memory_is_a_status_of_its_own_and_the_next_cell_runs(run, tmp_path):
    done = run("out_of_memory")

    assert done.returncode == 1, done.said
    assert record(tmp_path, "failure.json")["status"] == "out_of_memory"
    assert record(tmp_path, "result.json", start="adapt-plain")["status"] == "ok"


@pytest.mark.slow
def test_what_cannot_give_equal_bits_is_an_error_where_they_are_asked_for(run, tmp_path):
    asked = run("unsteady", deterministic=True)

    assert asked.returncode == 1, asked.said
    failure = record(tmp_path, "failure.json")
    assert failure["status"] == "plugin_error"
    assert "trouble" in failure["message"] + asked.said
    assert "does not have a deterministic implementation" in failure["message"]
    plain = record(tmp_path, "result.json", start="adapt-plain")
    assert plain["provenance"]["deterministic"] is True
    assert run("unsteady", "--retry-failed").returncode == 0, "it is not asked for any more"


@pytest.mark.slow
def test_with_drift_allowed_a_cell_goes_on_and_record_and_leaderboard_say_so(run, tmp_path):
    assert run("once die").returncode == -signal.SIGKILL

    refused = run("once die", "--set", "compute.threads=2")
    allowed = run("once die", "--set", "compute.threads=2", "--allow-drift")

    assert refused.returncode == 4
    assert "threads 1 → 2" in refused.said
    assert "--allow-drift" in refused.said
    assert allowed.returncode == 0, allowed.said
    assert record(tmp_path, "result.json")["drift"] == ["threads 1 → 2"]
    assert record(tmp_path, "result.json", start="adapt-plain")["drift"] == []
    assert "DRIFT: meta-trouble-s0 resumed" in " ".join(allowed.printed.split())
