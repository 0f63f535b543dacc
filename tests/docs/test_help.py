"""Help pages: groups of options with defaults, three examples each, all of them command lines."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from generator.cli import commands
from metabench.cli.examples import EXAMPLES
from metabench.cli.main import main, metabench

PAGES = dict(commands())
LINES = sorted({line for lines in EXAMPLES.values() for line in lines})
QUICK = [
    line
    for line in LINES
    if re.match(r"(list|completion|schema|show (maml|glue/rte)|plugins( list| show m.*)?$)", line)
    and "signs" not in line
] + ["validate quickstart", "data list", "init mine", "init mine --template own-csv"]


def test_every_command_has_three_examples():
    names = {name.removeprefix("metabench").strip() for name in PAGES}

    assert names == set(EXAMPLES) | {""}
    for name, lines in EXAMPLES.items():
        assert len(set(lines)) == 3
        assert all(line.startswith(name) for line in lines)
        assert all(
            f"  metabench {line}\n" in PAGES[f"metabench {name}".strip()] + "\n" for line in lines
        )


@pytest.mark.parametrize("line", LINES)
def test_an_example_names_a_command_and_options_that_exist(line):
    command, rest = metabench, shlex.split(line)
    context = click.Context(command, info_name="metabench")
    while isinstance(command, click.Group) and rest:
        name, command, rest = command.resolve_command(context, rest)
        assert command is not None, name
        context = click.Context(command, info_name=name)
        _, rest, _ = command.make_parser(context).parse_args(args=rest)

    assert not [word for word in rest if word.startswith("-")]


@pytest.mark.parametrize("line", QUICK)
def test_a_quick_example_runs(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHELL", "/bin/bash")  # `completion` asks for it

    assert main(shlex.split(line)) == 0
    assert capsys.readouterr().err.count("error") == 0


@pytest.mark.parametrize("name", ["run", "compare"])
def test_run_and_compare_show_how_to_take_a_plugin_file(name):
    text = PAGES[f"metabench {name}"]

    assert "\nPlugins:\n" in text
    assert "-P no:NAME" in text
    assert "--plugin-file FILE" in text


def test_defaults_are_shown():
    text = PAGES["metabench run"]

    for default in ("auto", "1", "0", "runs"):
        assert f"[default: {default}" in text
