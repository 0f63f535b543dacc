"""An algorithm in a file of its own is run, in one process and in several, and kept apart."""

from __future__ import annotations

import hashlib
import json

import pytest

ALGORITHM = """
from metabench.api import AlgorithmInfo, AlgorithmOptions, EpisodeShape, hookimpl
from metabench.learning import Algorithm, MetaGradient, inner_path

class SignOptions(AlgorithmOptions):
    inner_steps: int = 2

    def episode_shape(self):
        return EpisodeShape(support=self.inner_steps, query=0)

class Sign(Algorithm):
    def meta_gradient(self, learner, meta, episode):
        theta = meta["theta"]
        *_, adapted = inner_path(learner, theta, episode.support, inner_lr=0.01)
        return MetaGradient({"theta": (theta - adapted).sign()})

@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("my-sign", f"{__name__}:Sign", SignOptions, "a summary")]
"""


@pytest.fixture
def folder(tmp_path, small):
    """A folder with the algorithm and a benchmark of it and of plain fine-tuning."""
    head, _, _ = small.partition("[[methods]]")
    methods = [("Plain", "finetune"), ("Mine", "my-sign")]
    rows = "".join(f'[[methods]]\nid = "{row}"\nalgorithm = "{name}"\n' for row, name in methods)
    (tmp_path / "bench.toml").write_text(head + rows)
    (tmp_path / "my_sign.py").write_text(ALGORITHM)
    return tmp_path


def run(command, folder, *arguments):
    arguments = ("run", "bench.toml", "--plugin-file", "my_sign.py", *arguments)
    done = command(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def test_workers_put_away_what_a_library_made_and_nobody_hears_of_it(folder, process):
    """As libraries do that load data: a lock for all processes, held for as long as one lives."""
    made = "import multiprocessing\nLOCK = multiprocessing.get_context('spawn').Lock()\n"
    (folder / "my_sign.py").write_text(made + ALGORITHM)

    done = run(process, folder, "-j", "2", "--only", "seed=0")

    assert "leaked" not in done.stderr


@pytest.mark.slow
def test_it_runs_in_workers_and_its_version_is_the_content_of_the_file(folder, command, read):
    run(command, folder, "-j", "2")
    results = read(folder / "runs" / "small")

    version = hashlib.sha256(ALGORITHM.encode()).hexdigest()[:12]
    mine = [result for name, result in results.items() if name.startswith("meta-mine")]
    assert len(mine) == 2
    for result in mine:
        plugins = result["provenance"]["plugins"]
        assert {"distribution": "local", "version": version} in plugins


@pytest.mark.slow
def test_a_change_of_the_file_makes_its_cells_new_and_no_others(folder, command):
    run(command, folder)
    (folder / "my_sign.py").write_text(ALGORITHM.replace("inner_lr=0.01", "inner_lr=0.02"))

    lines = run(command, folder, "--dry-run").stdout.splitlines()

    states = {line.split()[0] for line in lines if "-mine-" in line}
    assert states <= {"new", "stale"}
    assert states
    assert {line.split()[0] for line in lines if "-plain-" in line} == {"done"}
    assert "inner_lr" not in " ".join(lines)


def test_without_the_file_its_name_is_a_problem_of_the_benchmark(folder, command):
    done = command("validate", "bench.toml", cwd=folder)

    assert done.returncode == 2
    assert "there is no algorithm 'my-sign'" in done.stderr


@pytest.mark.parametrize("before", [True, False])
def test_it_is_listed_shown_completed_and_in_the_schema(before, folder, command):
    """The option may stand before the command and behind it."""
    given = ("--plugin-file", "my_sign.py")
    head, _, tail = ALGORITHM.partition("class Sign(")
    light = head.replace("from metabench.learning", "# ") + tail[tail.index("@hookimpl") :]
    (folder / "my_sign.py").write_text(light)  # listing loads what the entry module loads

    def said(name, *arguments, **environment):
        words = (*given, name, *arguments) if before else (name, *arguments, *given)
        done = command(*words, cwd=folder, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    (plugin,) = [one for one in json.loads(said("plugins", "--json")) if one["name"] == "my_sign"]
    assert (plugin["state"], plugin["distribution"]) == ("ok", "local")
    assert plugin["version"] == hashlib.sha256(light.encode()).hexdigest()[:12]
    assert "my-sign" in said("list", "algorithms")
    assert "inner_steps" in said("show", "my-sign")
    schema = json.loads(said("schema"))
    assert "my-sign" in schema["$defs"]["MethodSpec"]["properties"]["algorithm"]["enum"]
    (folder / "my_sign.py").write_text(ALGORITHM)
    said("validate", "bench.toml")  # loads the class, too


@pytest.mark.parametrize(
    "line",
    ["metabench --plugin-file my_sign.py show my", "metabench show --plugin-file my_sign.py my"],
)
def test_its_names_are_completed(line, folder, command):
    done = command(
        cwd=folder,
        _METABENCH_COMPLETE="bash_complete",
        COMP_WORDS=line,
        COMP_CWORD=str(line.count(" ")),
    )

    assert done.stdout.split() == ["plain,my-sign"]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("import", 3, "my_sign.py:1: SyntaxError"),
        ("METABENCH_API = 99", 3, "newer API 99"),
        (ALGORITHM.replace('"my-sign"', '"maml"'), 3, "'maml' is provided by both"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_with_its_place(text, code, said, folder, command):
    (folder / "my_sign.py").write_text(text)
    context = folder / "bench.toml"
    context.write_text(context.read_text().replace('"my-sign"', '"maml"'))
    done = command("validate", "bench.toml", "--plugin-file", "my_sign.py", cwd=folder)

    assert done.returncode == code, done.stderr
    assert said in done.stderr
