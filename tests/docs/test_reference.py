"""docs/reference is what the code says today, and nothing is missing there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator import PAGES, page
from generator.cli import commands
from generator.fields import models_below
from generator.hooks import hook_names
from metabench import errors
from metabench.cli.main import metabench
from metabench.errors import MetabenchError
from metabench.plugin import load_catalog
from metabench.spec.model import BenchmarkSpec

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
SCREEN = 24


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name):
    assert text(name) == page(name), "stale: run `tox -e regenerate`"


def test_there_is_no_page_that_nothing_generates():
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_every_command_is_on_its_page():
    sections = re.findall(r"^## (.*)$", text("cli.md"), flags=re.MULTILINE)

    assert sections[0] == "metabench"
    assert {f"metabench {name}" for name in metabench.list_commands(None)} <= set(sections)


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_a_help_page_fits_a_screen(name):
    (said,) = [said for command, said in commands() if command == name]

    assert len(said.splitlines()) <= SCREEN


@pytest.mark.parametrize("hook", hook_names())
def test_every_hook_is_on_its_page(hook):
    assert f"\n## {hook}\n\n```text\n{hook}(" in text("hooks.md")


def test_every_field_of_a_benchmark_file_is_on_its_page_with_help():
    for path, model in models_below(BenchmarkSpec):
        for name, field in model.model_fields.items():
            row = rf"^\| `{field.alias or name}` \|.*\| \S.*\|$"
            assert field.description, f"{path}.{name} has no docstring"
            assert re.search(row, text("benchmark_file.md"), re.MULTILINE), f"{path}.{name}"


def test_every_option_of_what_is_built_in_has_help():
    catalog = load_catalog()
    for offers in (catalog.algorithms, catalog.samplers):
        for name, offer in offers.items():
            for option, field in offer.value.options.model_fields.items():
                assert field.description, f"{name}: {option}"


def test_every_error_and_every_exit_code_is_on_its_page():
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "Problem"]
    for kind in kinds:
        if kind is not MetabenchError:
            assert f"| `{kind.__name__}` | {kind.exit_code} |" in text("errors.md")
        assert re.search(rf"^\| {kind.exit_code} \| \S", text("errors.md"), re.MULTILINE)
