"""docs/architecture.md: its listings are what is called, its paths exist, its maps answer."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
STORE = ROOT / "tests" / "fixtures" / "stores" / "v2"
STEP = re.compile(r"^\d+\. \[`[\w/.]+`\]\(\.\./([\w/]+)\.py\) `([\w.<>]+)`", re.MULTILINE)

TRACE = """
import json, os, sys
from metabench.cli.main import main

wanted, out, *arguments = sys.argv[1:]
called = []

def name(frame):
    return frame.f_globals.get("__name__", ""), frame.f_code.co_qualname

def write(names):
    with open(out, "w", encoding="utf-8") as file:
        json.dump([":".join(one) for one in names if one[0].startswith("metabench")], file)

def listen(frame, event, _):
    if event != "call":
        return
    called.append(name(frame))
    if ":".join(called[-1]) == wanted:
        sys.setprofile(None)
        stack = []
        while frame is not None:
            stack.append(name(frame))
            frame = frame.f_back
        write(reversed(stack))
        os._exit(0)

sys.setprofile(listen)
code = main(arguments)
sys.setprofile(None)
write(dict.fromkeys(called))
sys.exit(code)
"""

BENCHMARK = """\
schema = 1
name = "first-gradient"
[model]
id = "embedded/encoder"
weights = "random"
max_length = 32
[tasks]
auxiliary = ["embedded/sentiment"]
target = ["embedded/entailment"]
[meta]
steps = 1
tasks_per_step = 1
batch_size = 4
[[methods]]
id = "Reptile"
algorithm = "reptile"
sampler = "uniform"
"""


def listed(heading: str) -> list[str]:
    """Return the functions that a section of the page lists, as ``module:function``."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    names = [
        (path.removeprefix("plugins/").replace("/", "."), function)
        for path, function in STEP.findall(section)
    ]
    return [f"{module}:{function}" for module, function in names]


def traced(folder: Path, wanted: str, *arguments: str) -> list[str]:
    """Return the stack at the first call of ``wanted``, else every function in order of calls."""
    out = folder / "names.json"
    line = [sys.executable, "-c", TRACE, wanted, str(out), *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


def test_the_listing_of_run_is_the_stack_at_the_first_gradient(tmp_path):
    (tmp_path / "benchmark.toml").write_text(BENCHMARK, encoding="utf-8")
    line = ["run", "benchmark.toml", "--smoke", "--runs", "runs"]

    stack = traced(tmp_path, "metabench.nn.learner:TransformerLearner.gradient", *line)

    assert listed("From `metabench run` to the first gradient") == stack, (
        "the way of a run has changed: bring the listing of docs/architecture.md up to date"
    )


def test_the_listing_of_compare_is_in_the_order_of_the_calls(tmp_path):
    shutil.copytree(STORE, tmp_path / "runs" / "fixture")

    called = traced(tmp_path, "", "compare", "fixture", "--runs", "runs")

    names = listed("`metabench compare`")
    assert len(names) > 5
    assert [name for name in called if name in names] == names


def test_the_packages_are_drawn_as_their_layers():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    drawn = (
        PAGE.partition('```text title="packages, top down"\n')[2].partition("```")[0].splitlines()
    )

    names = [line.split("   ")[0].rstrip() for line in drawn]
    assert names[:-1] == [layer.strip("()") for layer in layers[:-1]]
    assert set(names[-1].removesuffix(", …").split(", ")) <= set(layers[-1].split(" | "))


def test_every_file_that_the_page_links_to_exists():
    links = re.findall(r"\]\(\.\./([^)]+)\)", PAGE)

    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def map_of(package: Path) -> dict[str, str]:
    source = (package / "__init__.py").read_text(encoding="utf-8")
    lines = (ast.get_docstring(ast.parse(source)) or "").splitlines()
    return dict(re.findall(r"^    (\w+): (.+)$", "\n".join(lines), re.MULTILINE))


@pytest.mark.parametrize(
    ("word", "steps", "defined"),
    [
        ("Holm", ["leaderboard", "statistics", "significance"], "def holm"),
        ("result.json", ["store", "run_folder"], "def commit_result"),
        ("renderer", ["report", "formats"], None),
        ("stale", ["plan", "states"], "def cell_states"),
        ("token ids", ["nn", "bert", "encoder"], "def embedded"),
    ],
)
def test_the_maps_lead_to_the_module_that_answers(word, steps, defined):
    """From the word of the sentence, map by map; the last one names what is looked for."""
    package = ROOT / "metabench"
    for step in steps[:-1]:
        assert step in map_of(package)
        package /= step

    assert word in map_of(package)[steps[-1]]
    if defined is not None:
        assert defined in (package / f"{steps[-1]}.py").read_text(encoding="utf-8")
