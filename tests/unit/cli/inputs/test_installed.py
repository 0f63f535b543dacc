"""Laws of ``-P`` and ``--plugin-file``: before the command and after it, the same."""

from __future__ import annotations

import json
import sys

import pytest

from metabench.cli.main import main

SOURCE = """
from metabench.api import AlgorithmInfo, AlgorithmOptions, hookimpl
@hookimpl
def metabench_algorithms():
    return [AlgorithmInfo("mine", f"{__name__}:Mine", AlgorithmOptions, "a summary")]
"""


@pytest.fixture
def file(tmp_path):
    finders = list(sys.meta_path)
    path = tmp_path / "idea.py"
    path.write_text(SOURCE)
    yield str(path)
    sys.meta_path[:] = finders
    sys.modules.pop("metabench_local_idea", None)


def listed(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr()


@pytest.mark.parametrize(
    "arguments",
    [
        ("-P", "no:metabench-samplers", "list", "samplers", "--json"),
        ("list", "samplers", "--json", "-P", "no:metabench-samplers"),
    ],
)
def test_a_plugin_is_left_out_wherever_the_option_stands(arguments, capsys):
    assert json.loads(listed(capsys, *arguments).out) == {"samplers": []}


def test_both_places_add_up(capsys):
    arguments = ("-P", "no:metabench-samplers", "plugins", "--json", "-P", "no:metabench-metrics")
    states = {one["name"]: one["state"] for one in json.loads(listed(capsys, *arguments).out)}

    assert [name for name, state in states.items() if state == "blocked"] == [
        "metabench-metrics",
        "metabench-samplers",
    ]


def test_one_command_does_not_inherit_from_the_last(capsys):
    listed(capsys, "-P", "no:metabench-samplers", "list")

    assert "pps" in listed(capsys, "list", "samplers").out


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("no:metabench-sampler", "did you mean -P no:metabench-samplers?"),
        ("no:zzzz", "-P no:zzzz names no plugin\n  hint: see `metabench plugins`"),
        ("metabench-samplers", "leave a plugin out with -P no:metabench-samplers"),
        ("no:", "-P no: asks for nothing"),
    ],
)
def test_a_name_that_is_none_is_a_usage_error(value, said, capsys):
    assert main(["list", "-P", value]) == 2
    assert said in capsys.readouterr().err


def test_no_all_leaves_what_ships_with_metabench(capsys):
    assert "reptile" in listed(capsys, "list", "algorithms", "-P", "no:all").out


def test_a_file_is_listed_beside_what_is_installed(file, capsys):
    out = listed(capsys, "list", "algorithms", "--plugin-file", file).out

    assert "mine" in out
    assert "reptile" in out


def test_a_broken_file_stops_the_command_with_its_line(file, tmp_path, capsys):
    (tmp_path / "idea.py").write_text("x = 1\ndef (")

    assert main(["list", "--plugin-file", file]) == 3
    assert f"error: {file}:2: SyntaxError" in capsys.readouterr().err


def test_the_list_of_plugins_works_with_a_broken_file(file, tmp_path, capsys):
    (tmp_path / "idea.py").write_text("raise RuntimeError('out of ideas')")

    captured = listed(capsys, "plugins", "--plugin-file", file)

    assert "RuntimeError: out of ideas" in captured.out
    assert f"hint: fix {file}:1" in captured.out
    assert captured.err == ""


def test_a_file_that_is_not_there_is_a_usage_error(capsys):
    assert main(["list", "--plugin-file", "nowhere.py"]) == 2
    assert "nowhere.py: cannot be read" in capsys.readouterr().err
