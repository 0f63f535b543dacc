"""Observers and formats are listed, shown, completed and refused like everything else."""

from __future__ import annotations

import json
import sys

import pytest

from metabench.cli.commands.compare import command as compare
from metabench.cli.commands.show import command as show
from metabench.cli.inputs.completing import complete_anything, complete_format
from metabench.cli.main import main
from metabench.plugin.formats import FORMATS, SUFFIXES

SOURCE = """
from metabench.api import ObserverInfo, RendererInfo, hookimpl

@hookimpl
def metabench_renderers():
    return [RendererInfo("my-lines", f"{__name__}:lines", "one line per method")]

@hookimpl
def metabench_observers():
    return [ObserverInfo("my-ears", f"{__name__}:Ears", "hears")]

@hookimpl
def metabench_run_end(event): ...

@hookimpl
def metabench_step(event): ...
"""


@pytest.fixture
def asked(capsys, tmp_path):
    """Run a command with a plugin file; return what it printed."""
    finders = list(sys.meta_path)
    (tmp_path / "my_idea.py").write_text(SOURCE)

    def ask(*words):
        assert main([*words, "--plugin-file", str(tmp_path / "my_idea.py")]) == 0
        return capsys.readouterr().out

    yield ask
    sys.meta_path[:] = finders
    sys.modules.pop("metabench_local_my_idea", None)


def test_the_formats_of_a_leaderboard_are_listed_ours_and_a_plugins(asked):
    listed = json.loads(asked("list", "renderers", "--json"))["renderers"]

    assert [entry["name"] for entry in listed] == [*FORMATS, "my-lines"]
    assert listed[-1]["summary"] == "one line per method"
    assert listed[-1]["plugin"].startswith("local")


def test_observers_are_listed_those_that_are_asked_for_and_those_of_every_run(asked):
    listed = json.loads(asked("list", "observers", "--json"))["observers"]
    found = {entry["name"]: entry for entry in listed}

    assert not found["my-ears"]["every_run"]
    assert not found["tensorboard"]["every_run"]
    assert found["my_idea"]["every_run"]
    assert found["my_idea"]["summary"] == "notified of every run: metabench_step, metabench_run_end"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("my-lines", ["renderer  my-lines", "used      metabench compare --format my-lines"]),
        (
            "csv",
            ["plugin    metabench", "used      metabench compare --format csv"],
        ),
        ("my-ears", ["observer  my-ears", "told      of a run with --observer my-ears"]),
        ("my_idea", ["told      of every run", "hooks     metabench_step, metabench_run_end"]),
    ],
)
def test_each_is_shown_with_how_it_is_used(name, lines, asked):
    said = asked("show", name).splitlines()

    assert [line for line in lines if line not in said] == []


def test_plugins_names_what_they_offer(asked):
    (plugin,) = [one for one in json.loads(asked("plugins", "--json")) if one["name"] == "my_idea"]

    assert plugin["offers"]["renderer"] == ["my-lines"]
    assert plugin["offers"]["observer"] == ["my-ears", "metabench_step", "metabench_run_end"]


def test_their_names_are_completed():
    with show.make_context("show", ["x"]) as context:
        named = {item.value for item in complete_anything(context, show.params[0], "")}
    with compare.make_context("compare", []) as context:
        formats = [item.value for item in complete_format(context, compare.params[0], "ma")]

    assert {"tensorboard", "markdown"} <= named
    assert formats == ["markdown"]


@pytest.mark.parametrize("name", [*FORMATS, *SUFFIXES])
def test_a_plugin_cannot_take_the_name_of_a_format_of_ours(name, tmp_path, capsys):
    (tmp_path / "idea.py").write_text(SOURCE.replace("my-lines", name))

    assert main(["list", "renderers", "--plugin-file", str(tmp_path / "idea.py")]) == 3
    said = f"metabench_renderers: {name!r} is the name of a format of metabench's own"
    assert said in capsys.readouterr().err
