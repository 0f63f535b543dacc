"""What `plugins new` writes: a package that installs, is green, and stands on a leaderboard."""

from __future__ import annotations

import ast
import builtins
import contextlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from metabench.cli.main import main
from metabench.errors import UsageError
from metabench.plugin.scaffold import KINDS, PackageName, package_files

SHOWN = {
    "algorithm": ("method=My algorithm", "My algorithm"),
    "sampler": ("method=Reptile, My sampler", "Reptile, My sampler"),
    "adaptation": ("method=My adaptation", "My adaptation"),
    "task": ("method=Fine-tuning", "My task"),
    "metric": ("method=Fine-tuning", "My metric, times 100, for remarks"),
    "renderer": ("method=Fine-tuning", "Fine-tuning"),
    "observer": ("method=Fine-tuning", "Fine-tuning"),
    "launcher": ("method=Fine-tuning", "Fine-tuning"),
}
"""The part of the benchmark that is walked through, and what its leaderboard shows."""
IN_WORKERS = {"algorithm", "observer"}
"""Kinds that are loaded in workers too; each of these imports for six seconds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a package of each kind."""
    folder = tmp_path_factory.mktemp("packages")
    for kind in KINDS:
        arguments = ["plugins", "new", f"my-{kind}", "--kind", kind]
        assert main([*arguments, "--folder", str(folder / kind)]) == 0
        project = tomllib.loads((folder / kind / "pyproject.toml").read_text())["project"]
        info = folder / kind / f"metabench_my_{kind}-0.1.0.dist-info"  # as an installer writes it
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        ((name, module),) = project["entry-points"]["metabench"].items()
        (info / "entry_points.txt").write_text(f"[metabench]\n{name} = {module}\n")
    return folder


@pytest.fixture(scope="module")
def path(folder):
    """The path on which all are installed."""
    return os.pathsep.join(
        [*(str(folder / kind) for kind in KINDS), os.environ.get("PYTHONPATH", "")]
    )


def test_the_tests_that_come_with_each_are_green_with_warnings_as_errors(folder, path):
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "--import-mode=importlib"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *(f"{kind}/tests" for kind in KINDS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_its_benchmark_runs_and_shows_it(folder, path, command, kind):
    only, shown = SHOWN[kind]

    jobs = "2" if kind in IN_WORKERS else "1"
    done = command(
        "run", "benchmark.toml", "--smoke", "--only", only, "-j", jobs,
        cwd=folder / kind, PYTHONPATH=path,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert shown in " ".join(done.stdout.split())
    if kind == "renderer":
        shown = command("compare", "--format", "my-renderer", cwd=folder / kind, PYTHONPATH=path)

        assert shown.returncode == 0, shown.stderr
        first, second, *_ = shown.stdout.splitlines()
        assert first == "# a smoke run, no result"
        assert second.startswith("Fine-tuning\tGrammar\t")
    if kind == "observer":
        cells = folder / kind / "runs" / "my-observer.smoke" / "cells"
        ended = len(list(cells.glob("*/result.json")))
        assert f"my-observer: runs/my-observer.smoke: {ended} cells ok\n" in done.stderr
        for log in cells.glob("*/metrics.jsonl"):
            steps = [json.loads(line) for line in log.read_text().splitlines()]
            timed = ["my-observer/seconds" in step for step in steps]
            assert timed == [False, *[True] * (len(steps) - 1)], log


def test_a_plugin_that_was_just_made_is_checked_by_name(folder, path, command):
    done = command("plugins", "check", "metabench-my-sampler", cwd=folder, PYTHONPATH=path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sampler my-sampler (metabench-my-sampler 0.1.0)\n")
    assert "fits_probabilities" in done.stdout


@pytest.mark.slow
def test_pip_installs_it(folder, tmp_path, pip_install):
    pip_install(folder / "task", tmp_path)

    (info,) = tmp_path.glob("*.dist-info")
    assert "my-task = metabench_my_task" in (info / "entry_points.txt").read_text()
    assert (tmp_path / "metabench_my_task" / "train.jsonl").is_file()


def test_the_code_that_is_written_is_as_clean_as_ours(folder):
    for kind in KINDS:
        for file in sorted((folder / kind).rglob("*.py")):
            text = file.read_text()

            assert "$" not in text, file
            assert max(map(len, text.splitlines())) <= 100, file


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("Clipped FOMAML", 2, "'Clipped FOMAML' cannot be the name of a plugin"),
        ("Clipped_FOMAML", 2, "joined by hyphens, such as clipped-fomaml\n"),
        ("class", 2, "means something already\n  hint: choose another name, such as my-class"),
        ("none", 2, "'none' cannot be the name of a plugin: the word means something already"),
        ("episode", 2, "'episode' cannot be the name of a plugin: the word means something"),
        ("../maml", 2, "cannot be the name of a plugin"),
        ("2maml", 2, "cannot be the name of a plugin"),
        ("maml", 2, "algorithm 'maml' is provided by metabench"),
        ("x" * 51, 2, "cannot be the name of a plugin"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(name, code, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["plugins", "new", name, "--kind", "algorithm"]) == code
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "name"), [("observer", "tensorboard"), ("renderer", "markdown"), ("sampler", "pps")]
)
def test_a_name_that_is_taken_is_refused(kind, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["plugins", "new", name, "--kind", kind]) == 2
    assert f"{kind} {name!r} is provided by metabench" in capsys.readouterr().err


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_of_the_templates_can_be_taken_by_a_class_or_function_of_theirs(kind):
    """A word that the code uses is refused, or the package that is named so is sound Python."""
    files = package_files(PackageName("my-thing"), kind)
    texts = [text for name, text in files.items() if name.endswith(".py")]
    words = {word for text in texts for word in re.findall(r"[A-Za-z]+", text)}
    dashed = {re.sub(r"(?<=[a-z])(?=[A-Z])", "-", word).lower() for word in words}

    for word in sorted(dashed - {"my-thing"}):
        with contextlib.suppress(UsageError):
            files = package_files(PackageName(word), kind)
            for name in (name for name in files if name.endswith(".py")):
                _check_each_name_is_bound_once(ast.parse(files[name]), f"{word}: {name}")


def _check_each_name_is_bound_once(module, where):
    bound = [node.name for node in module.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    imports = (node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom))
    bound += [alias.asname or alias.name for node in imports for alias in node.names]

    assert len(bound) == len(set(bound)), where
    assert not set(bound) & set(dir(builtins)), where


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("algoritm", "there is no kind 'algoritm'; did you mean 'algorithm'?"),
        ("launchre", "there is no kind 'launchre'; did you mean 'launcher'?"),
    ],
)
def test_a_kind_that_there_is_not_is_refused(kind, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["plugins", "new", "mine", "--kind", kind]) == 2
    assert said in capsys.readouterr().err


def test_what_is_there_is_not_written_over(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "metabench-mine").mkdir()

    assert main(["plugins", "new", "mine", "--kind", "task"]) == 2
    assert "metabench-mine: is there already" in capsys.readouterr().err
    assert list((tmp_path / "metabench-mine").iterdir()) == []


def test_a_folder_below_nothing_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["plugins", "new", "mine", "--kind", "task", "--folder", "no/such/place"]) == 2
    assert "there is no folder 'no/such'" in capsys.readouterr().err


@pytest.mark.skipif(Path("/").stat().st_uid != os.getuid(), reason="anybody may write there")
def test_a_folder_that_cannot_be_made_is_a_problem_of_the_disk(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["plugins", "new", "mine", "--kind", "task", "--folder", "/proc/mine"]) == 4
    assert "/proc/mine: cannot be" in capsys.readouterr().err
