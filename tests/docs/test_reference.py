"""docs/reference is what the code says today, and nothing is missing there."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from pathlib import Path

import click
import pytest
from kit.json_schema import fits

from generator import PAGES, SCHEMAS, page, schema_page
from generator.cli import VARIABLES, commands
from generator.fields import models_below
from generator.hooks import VALUES, hook_names
from generator.records import RECORDS
from metabench import api, errors, fingerprint, learning, seeding, testing
from metabench.cli.main import metabench
from metabench.errors import MetabenchError
from metabench.plugin.catalog import load_catalog
from metabench.spec.model.sections import BenchmarkSpec
from metabench.store.checkpoint import CheckpointNote
from metabench.store.records.cell import to_json

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
STORES = ROOT / "tests" / "fixtures"
CHECKPOINT = CheckpointNote(
    key="0" * 64, step=1, facts={}, losses={"first": 0.5}, wall_seconds=1.0, cpu_seconds=1.0,
    profile={"torch": "2.13.0"},
)  # fmt: skip
LONGEST = 54


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name):
    assert text(name) == page(name), "stale: run `tox -e regenerate`"


def test_there_is_no_page_that_nothing_generates():
    assert {path.name for path in FOLDER.iterdir()} == {*PAGES, "schemas"}
    assert {path.name for path in (FOLDER / "schemas").iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_what_the_code_says_and_fits_every_record_and_no_other(name):
    written = (FOLDER / "schemas" / name).read_text(encoding="utf-8")
    schema = json.loads(written)
    found = [json.loads(path.read_text(encoding="utf-8")) for path in STORES.rglob(name)]
    found += [json.loads(to_json(CHECKPOINT))] * (name == "checkpoint.json")

    assert written == schema_page(name), "stale: run `tox -e regenerate`"
    assert found
    for record in found:
        assert fits(record, schema, schema)
        assert not fits({**record, "more": 1}, schema, schema)
        assert not fits({**record, "schema": 1}, schema, schema)
        assert not fits({**record, "sha256": "0"}, schema, schema)


def test_every_command_is_on_its_page():
    sections = re.findall(r"^## (.*)$", text("cli.md"), flags=re.MULTILINE)

    assert sections[0] == "metabench"
    assert {f"metabench {name}" for name in metabench.list_commands(None)} <= set(sections)


def test_every_environment_variable_that_a_command_reads_is_on_the_page():
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "metabench/cli").rglob("*.py")]
    named = {
        name
        for source in sources
        for name in re.findall(r'(?:environ\.get\(|environ\[|envvar=|_COMPLETE = )"(\w+)"', source)
    }

    assert {"METABENCH_HUB", "NO_COLOR", "_METABENCH_COMPLETE"} <= named
    assert named <= VARIABLES.keys()


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_a_help_page_is_short(name):
    (said,) = [said for command, said in commands() if command == name]

    assert len(said.splitlines()) <= LONGEST


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


def test_what_is_built_in_is_on_its_page_with_a_summary():
    catalog = load_catalog()
    offers = (
        catalog.algorithms, catalog.samplers, catalog.tasks, catalog.metrics, catalog.on_request,
    )  # fmt: skip
    for offer in (offer for kind in offers for offer in kind.values() if offer.plugin.built_in):
        info = offer.value
        said = getattr(info, "summary", None) or info.title
        where = text("catalog.md").casefold()

        assert said.strip()
        assert said.casefold() in where, info.name
        assert info.name in where
        for option in getattr(getattr(info, "options", None), "model_fields", {}):
            assert f"| `{option}` |" in where, f"{info.name}: {option}"


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_field_that_a_hook_returns_or_is_given_is_on_its_page(value):
    said = inspect.cleandoc(value.__doc__).replace("``", "`")

    assert f"## {value.__name__}\n\n```text\n{said}\n```" in text("hooks.md")
    for field in dataclasses.fields(value):
        assert re.search(rf"^    {field.name}: \S", said, re.MULTILINE), field.name


@pytest.mark.parametrize("name", RECORDS)
def test_every_field_of_a_record_is_on_its_page_with_help(name):
    for path, model in models_below(RECORDS[name]):
        heading = f"### `{name}`: `{path}`" if path else f"## `{name}`"
        section = text("records.md").partition(f"\n{heading}\n")[2].partition("\n##")[0]
        for field, info in model.model_fields.items():
            row = rf"^\| `{info.alias or field}` \|.*\| \S.*\|$"
            assert re.search(row, section, re.MULTILINE), f"{name}: {path}.{field}"


def test_every_option_and_every_command_has_help():
    def walk(command, path):
        assert command.help, path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.opts)
        for name in getattr(command, "list_commands", lambda _: ())(None):
            walk(command.get_command(None, name), f"{path} {name}")

    walk(metabench, "metabench")


PUBLIC = [
    (module.__name__, name)
    for module in (api, errors, fingerprint, learning, seeding, testing)
    for name in module.__all__
]


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_what_a_plugin_may_import_says_what_it_is(module, name):
    value = getattr(sys.modules[module], name)
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return  # a constant: the string below it is no attribute of it
    assert (value.__doc__ or "").strip(), f"{module}.{name}"
    if not inspect.isclass(value):
        return

    assert not (value.__doc__ or "").startswith(f"{name}("), "made by dataclass"
    for attribute, member in vars(value).items():
        if not attribute.startswith("_") and callable(getattr(member, "__func__", member)):
            assert inspect.getdoc(getattr(value, attribute)), f"{module}.{name}.{attribute}"


def test_every_error_and_every_exit_code_is_on_its_page():
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "Problem"]
    for kind in kinds:
        if kind is not MetabenchError:
            assert f"| `{kind.__name__}` | {kind.exit_code} |" in text("errors.md")
        assert re.search(rf"^\| {kind.exit_code} \| \S", text("errors.md"), re.MULTILINE)
