"""Laws of `metabench list` and `metabench plugins`."""

import json
import os
import subprocess
import sys

import pytest

from metabench.cli.main import main

KINDS = (
    "algorithms",
    "samplers",
    "adaptations",
    "tasks",
    "metrics",
    "observers",
    "renderers",
    "benchmarks",
)


def test_all_kinds_are_listed(capsys):
    assert main(["list"]) == 0
    out = capsys.readouterr().out

    for kind in KINDS:
        assert f"{kind}:\n" in out


@pytest.mark.parametrize("kind", KINDS)
def test_json_says_name_summary_and_plugin_of_each(kind, capsys):
    assert main(["list", kind, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)

    assert list(listed) == [kind]
    assert listed[kind]
    assert all({"name", "summary", "plugin"} <= entry.keys() for entry in listed[kind])


def test_an_algorithm_is_listed_with_the_schema_of_its_options(capsys):
    main(["list", "algorithms", "--json"])
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["algorithms"]}

    assert "inner_steps" in listed["reptile"]["options"]["properties"]


def test_plugins_are_listed_with_their_state(capsys):
    assert main(["plugins"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].split() == ["name", "state", "distribution", "import", "offers"]
    assert any("reptile" in line and " ok " in line for line in lines)


def test_plugins_are_listed_as_json(capsys):
    assert main(["plugins", "--json"]) == 0
    assert {plugin["state"] for plugin in json.loads(capsys.readouterr().out)} == {"ok"}


def test_one_plugin_is_shown_with_what_it_offers(capsys):
    assert main(["plugins", "show", "metabench-algorithms"]) == 0
    assert "reptile" in capsys.readouterr().out


@pytest.mark.parametrize("below", [["list"], ["show", "metabench-metrics"]])
def test_json_may_be_asked_for_before_the_subcommand_and_after_it(below, capsys):
    answers = []
    for words in (["plugins", "--json", *below], ["plugins", *below, "--json"]):
        assert main(words) == 0
        answers.append([plugin["name"] for plugin in json.loads(capsys.readouterr().out)])

    assert answers[0] == answers[1]
    assert "metabench-metrics" in answers[0]


def test_a_plugin_that_is_not_there_exits_with_5(capsys):
    assert main(["plugins", "show", "metabench-algoritms"]) == 5
    assert "did you mean 'metabench-algorithms'?" in capsys.readouterr().err


def test_a_blocked_plugin_is_listed_as_blocked():
    done = subprocess.run(
        [sys.executable, "-m", "metabench", "plugins", "--json"],
        env=os.environ | {"METABENCH_DISABLE_PLUGINS": "metabench-samplers, other"},
        capture_output=True,
        text=True,
        check=True,
    )
    states = {plugin["name"]: plugin["state"] for plugin in json.loads(done.stdout)}

    assert states["metabench-samplers"] == "blocked"
    assert states["metabench-algorithms"] == "ok"
