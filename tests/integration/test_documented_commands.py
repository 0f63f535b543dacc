"""Each command of the documentation runs here, or its reason not to is on a list.

The commands of a page run one after the other in a folder with the files of that page. A benchmark
file or a run that the page only names is replaced by a small one of that name. An output on a page
is compared, here or in a test of that page, or its title names the run that printed it.
"""

from __future__ import annotations

import re
import shlex
import shutil
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from kit.benchmark import MAML, benchmark

from metabench.frontend.places import find_benchmark
from metabench.plugin.catalog import load_catalog
from metabench.spec.reading.load import load_benchmark

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "plugins").glob("*.md")),
]
FENCE = re.compile(r'^```(\w*)(?: title="([^"\n]*)")?[^\n]*\n(.*?)^```$', re.MULTILINE | re.DOTALL)
STAND_INS = {
    "FILE": "glue.toml",
    "RUN": "quickstart",
    "/scratch/a/glue": "runs/glue",
    "/scratch/b/glue": "runs/glue",
    "/mnt/other/runs/glue-low-resource": "runs/glue-low-resource",
    "runs/theirs": "runs/glue",
}
"""Words of a page, and the files here that replace them."""
NOT_HERE = {
    r"(?!metabench )": "another program: a shell, pip, tox, pytest",
    r"metabench run (?!.*--dry-run)": "trains; its file and options are checked below",
    r"metabench data fetch": "needs a network",
    r"metabench .*--hub ": "needs a mirror",
    r"metabench .*(glue_low_resource|inner_loop|glue_minilm|real\.toml)": "needs GLUE's examples",
    r"metabench .*paper-inner-loop": "needs GLUE's examples; see tests/integration/test_paper.py",
    r"metabench export (model|glue) ": "see tests/integration/test_export.py",
    r"metabench attach ": "see tests/integration/test_detached_runs.py",
    r"metabench reproduce ": "see tests/integration/test_reproduce.py",
    r"metabench .*(clipped-fomaml|benchmark\.toml)": "see tests/docs/test_plugin_guide.py",
    r"metabench plugins (check|new) ": "see tests/integration/test_new_plugin.py",
    r"metabench doctor --device": "takes 5 s; see tests/unit/cli/commands/test_doctor.py",
    r"metabench compare .*--plots": "takes 5 s; see tests/integration/test_html_report.py",
    r"metabench compare --strict": "fails on purpose; see tests/unit/leaderboard/test_gates.py",
    r"metabench run FILE": "the same as on the page of seeds",
    r"metabench compare (mine|RUN) -o": "the same as on the page of the report",
}
COMPARED = {"leaderboard.md", "own_data.md", "plugin_guide.md", "renderers.md"}
"""Pages whose outputs are compared by tests in tests/docs."""


class Line(NamedTuple):
    page: Path
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}: {self.text}"


def blocks(page: Path, language: str) -> list[tuple[str, str]]:
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [(title, text) for name, title, text in found if name == language]


def lines(page: Path) -> list[Line]:
    return [
        Line(page, line.partition(" #")[0].strip().removeprefix(".venv/bin/"))
        for _, text in blocks(page, "console")
        for line in re.findall(r"^\$ (.*)$", re.sub(r"\\\n *", "", text), re.MULTILINE)
    ]


def runs_here(line: Line) -> bool:
    return not any(re.match(pattern, line.text) for pattern in NOT_HERE)


HERE = [page for page in PAGES if any(map(runs_here, lines(page)))]
SHIPPED = [
    line
    for page in PAGES
    for line in dict.fromkeys(lines(page))
    if re.match(
        r"(\S*bin/)?metabench (run|validate) (?!\w+\.toml|FILE)", line.text.rpartition("&& ")[2]
    )
]
OUTPUTS = [
    Line(page, title)
    for page in PAGES
    for title, _ in blocks(page, "text")
    if title.startswith("metabench ")
]


@pytest.fixture
def folder(finished, tmp_path):
    """A folder with small files and runs of the names that pages use."""
    (tmp_path / "glue.toml").write_text(benchmark("glue", MAML, meta={"steps": 3}))
    for name in ("glue", "mine", "quickstart", "tiny"):
        (tmp_path / "runs").mkdir(exist_ok=True)
        shutil.copytree(finished / "runs" / "small", tmp_path / "runs" / name)
    results = ROOT / "benchmarks" / "results"
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "results").symlink_to(results)
    shutil.copytree(results / "glue-minilm-l3", tmp_path / "runs" / "glue-low-resource")
    return tmp_path


def write_files(page: Path, folder: Path) -> None:
    """Write the plugins and the data of a page; the pages of plugins share theirs."""
    pages = page.parent.glob("*.md") if page.parent.name == "plugins" else [page]
    for _, text in (block for path in pages for block in blocks(path, "python")):
        if name := re.match(r"# (\w+\.py)\n", text):
            (folder / name[1]).write_text(text)
    for _, text in blocks(page, "csv"):
        name = "my_task.csv" if text.startswith("text,") else "reviews.csv"
        (folder / name).write_text(text)


def unvarying(text: str) -> list[str]:
    """Return the words of each line without paths, numbers and the width of columns."""
    kept = (re.sub(r"[^\s(]*/\S*|[\d.]+(\+\w+)?", "N", line) for line in text.splitlines())
    return [" ".join(line.split()) for line in kept]


@pytest.mark.parametrize("page", HERE, ids=lambda page: page.name)
def test_the_commands_of_a_page_run_and_print_what_it_shows(page, folder, command):
    write_files(page, folder)
    shown = {} if page.name in COMPARED else dict(blocks(page, "text"))

    for line in filter(runs_here, lines(page)):
        words = [STAND_INS.get(word, word) for word in shlex.split(line.text)[1:]]
        done = command(*words, cwd=folder)

        assert done.returncode == 0, f"{line}\n{done.stderr}"
        printed = unvarying(done.stdout + done.stderr)
        assert [one for one in unvarying(shown.get(line.text, "")) if one not in printed] == []


@pytest.mark.parametrize("line", SHIPPED, ids=str)
def test_a_benchmark_that_a_command_names_is_valid_with_what_the_command_sets(line):
    name, *options = shlex.split(line.text.rpartition("&& ")[2])[2:]
    sets = [value for option, value in pairwise(options) if option == "--set"]

    assert load_benchmark(find_benchmark(name), catalog=load_catalog(), sets=sets).methods


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
def test_an_output_is_compared_or_names_the_run_that_printed_it(output):
    commands = {line.text for line in lines(output.page) if runs_here(line)}

    assert output.text in commands or ", " in output.text or output.page.name in COMPARED


@pytest.mark.parametrize("reason", NOT_HERE.values())
def test_a_command_that_does_not_run_here_is_run_by_the_test_that_is_named(reason):
    for name in re.findall(r"tests/\S+\.py", reason):
        assert (ROOT / name).is_file()


def test_each_reason_holds_for_some_command():
    everything = [line for page in PAGES for line in lines(page)]

    assert [
        one for one in NOT_HERE if not any(re.match(one, line.text) for line in everything)
    ] == []
    assert sum(map(runs_here, everything)) >= 30


def test_numbers_of_the_quickstart_on_a_page_are_those_of_the_run_in_the_picture():
    picture = (ROOT / "docs" / "pictures" / "leaderboard.txt").read_text(encoding="utf-8")
    run = " ".join(picture.split())
    shown = [
        (page.name, " ".join(line.split()[1:]))
        for page in PAGES
        for title, text in blocks(page, "text")
        if title.startswith("metabench compare quickstart, ")
        for line in text.splitlines()
        if re.match(r"\w.*\d", line)
    ]

    assert len(shown) >= 3
    assert [one for one in shown if one[1] not in run] == []
