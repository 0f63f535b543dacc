"""Properties of commands in bad surroundings: documented exit codes, results safe, no bug."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import pytest
from kit.benchmark import OWN, PLAIN, benchmark

from metabench.cli.surroundings import caused_outside

FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
BENCHMARK = benchmark("own", PLAIN, tasks=OWN, finetune={"epochs": 1, "batch_size": 8})


def shell(redirected, arguments, folder, **environment):
    """Run a command with redirections of a shell; return its exit code and both outputs."""
    program = f'exec {sys.executable} -P -m metabench "$@" {redirected}'
    return subprocess.run(
        ["/bin/sh", "-c", program, "sh", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(("arguments", "code"), [(["list"], 0), (["validate", "none.toml"], 2)])
def test_a_closed_stream_changes_no_exit_code(redirected, arguments, code, tmp_path):
    done = shell(redirected, arguments, tmp_path)

    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@FULL
@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["doctor"], ["--version"]])
def test_a_full_stdout_is_one_sentence_and_exit_code_4(arguments, tmp_path):
    done = shell(">/dev/full", arguments, tmp_path)

    assert done.returncode == 4
    assert "no space left on device\n  hint: " in done.stderr
    assert "bug" not in done.stderr


@FULL
def test_a_full_stderr_changes_no_exit_code(tmp_path):
    assert shell("2>/dev/full", ["validate", "quickstart"], tmp_path).returncode == 0
    assert shell("2>/dev/full", ["validate", "none.toml"], tmp_path).returncode == 2


@pytest.mark.slow
@FULL
@pytest.mark.parametrize(("redirected", "code"), [(">&- 2>&-", 0), (">/dev/full 2>/dev/full", 4)])
def test_results_are_safe_whatever_becomes_of_the_output(redirected, code, tmp_path):
    rows = "".join(f"row {n} is {n % 2},{n % 2}\n" for n in range(8))
    (tmp_path / "train.csv").write_text(f"sentence,label\n{rows}")
    (tmp_path / "own.toml").write_text(BENCHMARK)
    done = shell(redirected, ["run", "own.toml"], tmp_path)
    (result,) = (tmp_path / "runs" / "own" / "cells").glob("*/result.json")

    assert done.returncode == code
    assert "accuracy" in json.loads(result.read_bytes())["scores"]
    assert shell("", ["verify", "own"], tmp_path).returncode == 0


@pytest.mark.slow
def test_python_without_docstrings_is_named(tmp_path):
    done = shell("", ["list"], tmp_path, PYTHONOPTIMIZE="2")

    assert done.returncode == 4
    assert "PYTHONOPTIMIZE=2 (-OO)" in done.stderr
    assert shell("", ["list"], tmp_path, PYTHONOPTIMIZE="1", TERM="dumb").returncode == 0


@pytest.mark.slow
def test_a_file_that_hides_a_package_is_named(tmp_path):
    (tmp_path / "torch.py").write_text("Tensor = 1\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    ran = shell("", ["run", "quickstart", "--only", "seed=0"], tmp_path, PYTHONPATH=path)

    assert ran.returncode == 4
    assert f"{tmp_path / 'torch.py'}: hides the module 'torch'" in ran.stderr


@pytest.mark.parametrize("name", ["click", "random", "typing"])
def test_a_file_that_hides_a_module_of_the_first_imports_is_named(name, tmp_path):
    (tmp_path / f"{name}.py").write_text("value = 1\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = shell("", ["validate", "quickstart"], tmp_path, PYTHONPATH=path)

    assert done.returncode == 4
    assert done.stderr.startswith(f"error: {tmp_path / name}.py: hides the module {name!r}")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), "/x/y: cannot be read or"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (OSError(errno.EIO, "Input/output error", "/x"), "/x: cannot be read or written"),
        (MemoryError(), "no memory left"),
        (PermissionError(errno.EACCES, "Permission denied", "/c/huggingface/hub"), "HF_HOME=DIR"),
    ],
)
def test_what_the_surroundings_caused_is_named_as_such(error, said):
    assert said in str(caused_outside(error))


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), FileNotFoundError(errno.ENOENT, "x"), ImportError("x"), AttributeError("x")],
)
def test_a_mistake_of_ours_is_not(error):
    assert caused_outside(error) is None


def test_a_cache_is_known_by_its_variable(monkeypatch):
    monkeypatch.setenv("HF_HOME", "/somewhere/else")
    error = PermissionError(errno.EACCES, "Permission denied", "/somewhere/else/hub/refs/main")

    assert str(caused_outside(error)).startswith("/somewhere/else/hub/refs/main: cannot be used")
    assert "HF_HOME=DIR" in str(caused_outside(error))
