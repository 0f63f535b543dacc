"""The JSON schema fits what `validate` accepts, and not what an editor can see is wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from kit.json_schema import fits

from metabench.cli.main import main
from metabench.frontend.places import shipped_benchmarks
from metabench.plugin.catalog import load_catalog
from metabench.spec.schema import benchmark_schema

TEMPLATES = Path(__file__).parents[3] / "metabench" / "cli" / "commands" / "templates"
FILES = [*shipped_benchmarks().values(), *sorted(TEMPLATES.glob("*.toml"))]


@pytest.fixture(scope="module")
def schema():
    return benchmark_schema(load_catalog())


def small(**method):
    return {
        "schema": 1,
        "name": "small",
        "model": {"id": "embedded/encoder"},
        "tasks": {"target": ["embedded/grammar"]},
        "methods": [{"id": "row", "algorithm": "reptile", **method}],
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_that_ships_fits(path, schema):
    document = tomllib.loads(path.read_text(encoding="utf-8"))

    assert fits(document, schema, schema)


@pytest.mark.parametrize(
    "method",
    [
        {},
        {"sampler": "pps"},
        {"sampler": {"name": "mixed", "ratio": 3}},
        {"sampler": {"name": "mixed", "options": {"ratio": 3}}},
        {"options": {"inner_steps": 3}, "grid": {"inner_lr": [0.1, 0.2]}},
        {"algorithm": "finetune"},
    ],
)
def test_every_way_to_write_a_method_fits(method, schema):
    assert fits(small(**method), schema, schema)


@pytest.mark.parametrize(
    "method",
    [
        {"algorithm": "reptil"},
        {"options": {"inner_setps": 3}},
        {"options": {"inner_steps": 0}},
        {"options": {"inner_steps": "3"}},
        {"grid": {"inner_steps": [3, 0]}},
        {"grid": {"inner_steps": []}},
        {"sampler": "ppps"},
        {"sampler": {"name": "mixed", "ratoi": 3}},
        {"sampler": {"name": "pps", "ratio": 3}},
        {"algorithm": "fomaml", "options": {"second_order": True}},
        {"algorithm": "finetune", "sampler": "pps"},
        {"colour": "red"},
    ],
)
def test_a_mistake_in_a_method_does_not_fit(method, schema):
    assert not fits(small(**method), schema, schema)


def test_what_only_the_command_line_sets_is_no_part_of_the_file(schema):
    assert not fits({**small(), "smoke": True}, schema, schema)


def test_every_reference_has_a_definition_and_every_definition_a_reference(schema):
    named = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(schema)))

    assert named == set(schema["$defs"])


def test_the_command_prints_it_without_loading_anything_heavy():
    program = (
        "import sys; from metabench.cli.main import main; main(['schema']);"
        " print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout)["title"] == "Benchmark file of metabench"
    assert not {"torch", "transformers", "datasets", "numpy"} & set(done.stderr.split())


def test_the_command_writes_it_to_a_file(tmp_path, capsys, schema):
    assert main(["schema", "-o", str(tmp_path / "schema.json")]) == 0
    assert json.loads((tmp_path / "schema.json").read_text(encoding="utf-8")) == schema
    assert capsys.readouterr().out == ""


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path, capsys):
    assert main(["schema", "-o", str(tmp_path / "nowhere" / "schema.json")]) == 2
    assert "there is no folder" in capsys.readouterr().err
