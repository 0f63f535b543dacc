"""Runs with compiled layers: what records say, what happens without a compiler, after a kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from kit.benchmark import PLAIN, SHORT, benchmark, method

TEXT = benchmark(
    "compiled",
    PLAIN,
    method("FOMAML", "fomaml", inner_steps=1, inner_lr=0.01),
    method("MAML", "maml", inner_steps=1, inner_lr=0.01),
    model=SHORT | {"pooling": "mean"},
    meta={"steps": 2, "tasks_per_step": 1},
    finetune={"min_steps": 12, "epochs": 0.05, "batch_size": 4},
    compute={"checkpoint_seconds": 0},
)
ON = ("--set", "compute.compile=true")
SENTENCE = "compute.compile: layers are computed plainly, because they could not be compiled"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The folder of torch's compiler, so that each form is compiled once for all tests here."""
    name = "TORCHINDUCTOR_CACHE_DIR"
    return {name: os.environ.get(name) or str(tmp_path_factory.mktemp("inductor"))}


@pytest.fixture
def run(tmp_path, command, read):
    """Run the benchmark in a folder of its own; return the command and the records."""

    def go(name, *arguments, **environment):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "compiled.toml").write_text(TEXT)
        done = command("run", "compiled.toml", *arguments, cwd=folder, **environment)
        return done, read(folder / "runs" / "compiled")

    return go


def one(records, start):
    """Return the one record whose cell's name begins so."""
    (found,) = (record for name, record in records.items() if name.startswith(start))
    return found


def predictions(record):
    return next(file["sha256"] for file in record["files"] if file["path"].endswith(".parquet"))


NEEDS_COMPILER = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch compiles through C++"
)


@NEEDS_COMPILER
@pytest.mark.slow
def test_records_say_which_cells_were_compiled_losses_agree_and_a_kill_changes_no_bit(
    run, tmp_path, cache
):
    """One test, as a form takes half a minute to compile in whichever process comes first."""
    done, compiled = run("on", *ON, **cache)
    _, plain = run("off")

    assert done.returncode == 0, done.stderr
    assert SENTENCE not in done.stderr
    assert one(compiled, "meta-fomaml")["provenance"]["compiled"] is True
    assert one(compiled, "meta-maml")["provenance"]["compiled"] is None
    assert one(compiled, "adapt-plain")["provenance"]["compiled"] is True
    assert not any(SENTENCE in note for record in compiled.values() for note in record["notes"])
    for name, record in plain.items():
        assert record["provenance"]["compiled"] in {False, None}
        assert compiled[name]["key"] == record["key"], "it is part of no key"
        assert compiled[name]["losses"] == pytest.approx(record["losses"], rel=1e-4)

    again, killed = killed_and_run_again(run, tmp_path / "killed", cache)

    assert again.returncode == 0, again.stderr
    whole, found = one(compiled, "adapt-plain"), one(killed, "adapt-plain")
    assert found["provenance"]["compiled"] is True
    assert predictions(found) == predictions(whole)
    assert found["losses"] == whole["losses"]


def killed_and_run_again(run, folder, cache):
    only = ("--only", "method=Plain", *ON)
    folder.mkdir()
    (folder / "compiled.toml").write_text(TEXT)
    process = subprocess.Popen(
        [sys.executable, "-m", "metabench", "run", "compiled.toml", *only],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | cache,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not list(folder.glob("runs/*/cells/*/checkpoints/step-*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return run(folder.name, *only, **cache)


@pytest.mark.slow
def test_without_a_compiler_a_run_is_plain_and_says_so_once(run, tmp_path):
    nothing = {"CXX": "/nonexistent", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "empty")}
    only = ("--only", "method=Plain")

    done, found = run("broken", *ON, *only, **nothing)
    _, plain = run("off", *only)

    record = one(found, "adapt-plain")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(SENTENCE) == 1
    assert record["provenance"]["compiled"] is False
    assert [note for note in record["notes"] if note.startswith(SENTENCE)]
    assert predictions(record) == predictions(one(plain, "adapt-plain"))
