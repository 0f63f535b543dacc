"""Every block in the documentation runs: Python, TOML, command lines, links.

A Python block whose first line is ``# some/file.py`` is that file, for the blocks after it; others
are executed, and what they print is what their ``#>`` lines say. A TOML block that begins with
``schema = 1`` is a whole benchmark file. A command line names a command and options that exist; an
error, note or hint in an output is one of the code's.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from generator.texts import templates
from metabench.cli.main import metabench
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import LocalFile
from metabench.spec.reading.load import load_benchmark
from metabench.spec.reading.published import read_published

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "tests" / "fixtures" / "quickstart" / "run"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r'^```(\w*)(?: title="([^"\n]*)")?[^\n]*\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LANGUAGES = {"python", "toml", "console", "text", "csv", "json", "markdown"}


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2] or "", match[3])
        for match in FENCE.finditer(text)
    ]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_says_what_it_is_written_in(block):
    assert block.language in LANGUAGES


@pytest.mark.parametrize(
    "block", [block for block in of("python") if not re.match(r"# \S+\.py\n", block.text)], ids=str
)
def test_a_python_block_prints_what_it_says(block, tmp_path, monkeypatch):
    if "runs/quickstart" in block.text:  # a run that was recorded
        shutil.copytree(QUICKSTART, tmp_path / "runs" / "quickstart")
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(compile(block.text, str(block), "exec"), {"__name__": "__main__"})  # noqa: S102

    assert printed.getvalue().splitlines() == re.findall(r"^#> ?(.*)$", block.text, re.MULTILINE)


@pytest.mark.parametrize(
    "block", [block for block in of("python") if re.match(r"# \S+\.py\n", block.text)], ids=str
)
def test_a_file_of_python_compiles(block):
    compile(block.text, str(block), "exec")


def plugin_files(page: Path) -> list[LocalFile]:
    """Return the files that a page's benchmarks can name: its own, or those of docs/plugins."""
    found = {
        match[1]: block.text
        for block in of("python")
        if (block.page == page or "plugins" in {page.parent.name} & {block.page.parent.name})
        and (match := re.match(r"# (\w+\.py)\n", block.text))
    }
    return [LocalFile(page.parent / name, text.encode()) for name, text in found.items()]


@pytest.mark.parametrize("block", of("toml"), ids=str)
def test_a_toml_block_is_toml_and_a_benchmark_file_is_valid(block, tmp_path):
    tables = tomllib.loads(block.text)

    if "citation" in tables:
        (tmp_path / "published.toml").write_text(block.text)
        assert read_published(tmp_path / "published.toml").tables
    elif "schema" in tables:
        (tmp_path / "page.toml").write_text(block.text)
        catalog = load_catalog(files=plugin_files(block.page))
        assert load_benchmark(tmp_path / "page.toml", catalog=catalog).methods


@pytest.mark.parametrize("block", of("console"), ids=str)
def test_a_console_block_has_commands_alone(block):
    lines = block.text.replace("\\\n", " ").splitlines()

    assert [line for line in lines if not line.startswith("$ ")] == []


SKELETONS = [
    re.compile(".+".join(map(re.escape, text.split("…"))), re.DOTALL)
    for _, text in templates()
    if len(re.findall(r"[A-Za-z]", text.replace("…", ""))) > 8
]
SHOWN = [
    (str(block), line.split(": ", 1)[1])
    for block in of("text")
    for line in block.text.splitlines()
    if re.match(r"(error|warning|note|  hint): ", line)
]


@pytest.mark.parametrize(("place", "message"), SHOWN, ids=lambda value: str(value)[:60])
def test_a_message_in_an_output_is_one_that_the_code_prints(place, message):
    assert any(one.search(message) for one in SKELETONS), place


def test_a_message_that_the_code_does_not_have_would_be_noticed_in_an_output():
    assert len(SHOWN) >= 8
    assert not any(one.search("the moon can't be reached before noon") for one in SKELETONS)


WRITTEN = [block for block in of("text") if block.page.parent.name not in {"reference", "adr"}]


@pytest.mark.parametrize("block", WRITTEN, ids=str)
def test_an_output_names_the_command_that_prints_it_and_another_text_what_it_is(block):
    assert block.title


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_a_json_block_is_json(block):
    json.loads(block.text)


PRINTED_BY = [(block, block.title.partition(", ")[0]) for block in of("text")]
COMMAND_LINES = [
    (str(block), words)
    for block, line in [
        *PRINTED_BY,
        *(
            (block, line)
            for block in of("console")
            for line in re.findall(r"^\$ (.*)$", block.text.replace("\\\n", " "), re.MULTILINE)
        ),
    ]
    for part in re.split(r"&&|\|", line)
    if (words := [w for w in shlex.split(part, comments=True) if not re.match(r"[A-Z_]+=", w)])
    and Path(words[0]).name == "metabench"
]


@pytest.mark.parametrize(("place", "words"), COMMAND_LINES, ids=lambda value: str(value)[:60])
def test_a_command_line_names_a_command_and_options_that_exist(place, words):
    """The parser of each command is asked; nothing is run, no file is looked for."""
    command, rest = metabench, words[1:]
    while isinstance(command, click.Group):
        context = click.Context(command, info_name=place)
        _, rest, _ = command.make_parser(context).parse_args(args=rest)
        if not rest:
            return
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None, name
    context = click.Context(command, info_name=place)
    _, left, _ = command.make_parser(context).parse_args(args=rest)

    assert not left


LINKS = [
    (page, target)
    for page in PAGES
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(
    ("page", "target"), LINKS, ids=lambda value: getattr(value, "name", str(value))
)
def test_a_link_within_the_repository_leads_somewhere(page, target):
    assert (page.parent / target).exists()
