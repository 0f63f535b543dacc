"""Eight faulty plugins beside a good one: each is named, and none is in anybody's way."""

from __future__ import annotations

import json
import os
import textwrap
import time

import pytest

HEAD = """
from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl
METABENCH_API = 1
"""
OFFER = """
@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("{name}", "{module}_heavy:Algorithm", AlgorithmOptions, "a summary")]
"""
FAULTS = {
    "bench-import": ("import no_such_module_anywhere", "ModuleNotFoundError"),
    "bench-exit": ("raise SystemExit(0)", "SystemExit: 0"),
    "bench-misspelt": (
        HEAD + "@hookimpl\ndef metabench_algoritms(): return []",
        "did you mean 'metabench_algorithms'?",
    ),
    "bench-unmarked": (
        HEAD + "def metabench_algorithms(): return []",
        "metabench_algorithms is not marked with @hookimpl",
    ),
    "bench-arguments": (
        HEAD + "@hookimpl\ndef metabench_cell_end(cell, score): ...",
        "takes (cell, score), it is given (event)",
    ),
    "bench-version": ("METABENCH_API = 99", "is written for the newer API 99"),
    "bench-clash": (
        HEAD + OFFER.format(name="reptile", module="bench_clash"),
        "algorithm 'reptile' is also provided by metabench",
    ),
    "bench-raising": (
        HEAD + "@hookimpl\ndef metabench_tasks(): raise OSError('no disk')",
        "OSError: no disk",
    ),
}
REMEDIES = {"bench-version": "upgrade metabench", "bench-clash": "uninstall one of them"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with nine installed distributions, eight of them faulty."""
    folder = tmp_path_factory.mktemp("site")
    good = HEAD + OFFER.format(name="good", module="bench_good")
    for name, source in {"bench-good": good, **{name: FAULTS[name][0] for name in FAULTS}}.items():
        module = name.replace("-", "_")
        (folder / f"{module}.py").write_text(textwrap.dedent(source))
        info = folder / f"{module}-0.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.3\n")
        (info / "entry_points.txt").write_text(f"[metabench]\n{name} = {module}\n")
    return folder


@pytest.fixture
def folder(tmp_path, small):
    """A folder with a benchmark file that needs none of the faulty plugins."""
    head, _, rest = small.partition("[[methods]]")
    methods, _, tail = rest.partition("[compare]")
    kept = [text for text in methods.split("[[methods]]") if "reptile" not in text]
    unconcerned = "".join(f"[[methods]]{text}" for text in kept)
    (tmp_path / "small.toml").write_text(f"{head}{unconcerned}[compare]{tail}")
    return tmp_path


@pytest.fixture
def run(command, site, folder):
    """Run a command with the nine distributions on the path."""
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))

    def run(*arguments):
        return command(*arguments, cwd=folder, PYTHONPATH=path)

    return run


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("validate", "small.toml"), ("run", "small.toml", "--dry-run"), ("schema",)],
    ids=" ".join,
)
def test_a_command_works_and_names_each_fault_with_distribution_and_remedy(run, arguments):
    done = run(*arguments)

    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning:")]
    assert len(warnings) == len(FAULTS)
    for name, (_, cause) in FAULTS.items():
        (line,) = [line for line in warnings if f"plugin {name} 0.3: " in line]
        assert cause in line
        assert REMEDIES.get(name, "fix or reinstall it") in line
        assert f"-P no:{name}" in line


def test_the_version_is_said_without_a_word_about_plugins(run):
    done = run("--version")

    assert (done.returncode, done.stderr) == (0, "")


def test_the_good_plugin_is_listed(run):
    listed = json.loads(run("list", "algorithms", "--json").stdout)["algorithms"]

    assert "good" in {entry["name"] for entry in listed}
    assert "reptile" not in {entry["name"] for entry in listed}


def test_the_list_of_plugins_says_of_each_what_is_wrong_and_what_to_do(run):
    done = run("plugins")

    assert (done.returncode, done.stderr) == (0, "")
    for name, (_, cause) in FAULTS.items():
        _, _, told = done.stdout.partition(f"\n{name} 0.3: ")
        assert cause in told.split("\n\n")[0]
        assert f"-P no:{name}" in told.split("\n\n")[0]


def test_a_plugin_that_raised_is_shown_with_the_line_that_did(run, site):
    (told,) = json.loads(run("plugins", "show", "bench-import", "--json").stdout)

    assert told["place"] == f"{site / 'bench_import.py'}:1"
    assert "no_such_module_anywhere" in told["traceback"]


def test_leaving_them_out_silences_them(run):
    left_out = [argument for name in FAULTS for argument in ("-P", f"no:{name}")]

    done = run(*left_out, "list", "algorithms")

    assert (done.returncode, done.stderr) == (0, "")
    assert "reptile" in done.stdout, "the clash is resolved"


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("bench-import", "provided by bench-import 0.3, which failed to load: ModuleNotFound"),
        ("bench-version", "provided by bench-version 0.3, which is written for the newer API 99"),
        ("reptile", "provided by both bench-clash 0.3 and metabench"),
        ("something-else", "bench-raising 0.3, which failed to load: OSError: no disk"),
    ],
)
def test_a_benchmark_that_needs_a_faulty_plugin_is_refused_with_the_cause(run, folder, name, cause):
    with (folder / "small.toml").open("a") as file:
        file.write(f'[[methods]]\nid = "needy"\nalgorithm = "{name}"\n')

    done = run("run", "small.toml")

    assert done.returncode == 3
    assert cause in done.stderr
    assert not (folder / "runs").exists()


def test_faulty_plugins_cost_less_than_a_second(command, run, folder):
    def fastest(call):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            assert call("validate", "small.toml").returncode == 0
            times.append(time.perf_counter() - started)
        return min(times)

    without = fastest(lambda *arguments: command(*arguments, cwd=folder))

    assert fastest(run) - without < 1
