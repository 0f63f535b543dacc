"""docs/reference/safety_tables.md holds every command, and is right about what imports plugins."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from generator.safety_tables import safety_facts
from metabench.cli.main import metabench
from metabench.store.records.run import RunNote
from metabench.store.run_folder import Store

ROOT = Path(__file__).parents[2]
FACTS = safety_facts()
ROWS, KINDS, TESTS = FACTS["commands"], FACTS["kinds"], FACTS["tests"]


def commands(group, path=()):
    """Yield every command that can be called, such as ``export model``."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield " ".join((*path, name))
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_the_table_holds_every_command_and_no_other():
    assert set(ROWS) == set(commands(metabench))


COMMANDS_OF = {"A": "tests/faults/kit/example.py", "L": "tests/unit/store/test_folder_commands.py"}
"""Where a test lists the commands that it runs."""


def listed(path):
    """Return the commands that a module lists in ``COMMANDS``, without their arguments."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "COMMANDS"
    )
    known = set(commands(metabench))
    words = [[str(getattr(one, "value", "")) for one in value.elts[:2]] for value in found.values]
    return {" ".join(two) if " ".join(two) in known else two[0] for two in words}


def letters(command):
    """Return the letters of the tests that meet a command."""
    return set("".join(ROWS[command]["tested"].values()))


def test_the_tests_of_a_command_are_of_kinds_that_are_explained_and_each_test_has_a_command():
    assert all(set(row["tested"]) <= set(KINDS) for row in ROWS.values())
    assert set().union(*map(letters, ROWS)) == set(TESTS)


@pytest.mark.parametrize("letter", TESTS)
def test_a_test_of_the_table_is_there(letter):
    path, _, name = TESTS[letter].partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("letter", COMMANDS_OF)
def test_a_command_that_a_test_runs_and_no_other_has_its_letter(letter):
    lettered = {command for command in ROWS if letter in letters(command)}

    assert lettered == listed(COMMANDS_OF[letter])


def test_every_command_that_is_called_has_the_letter_of_that_test():
    lettered = {command for command in ROWS if "W" in letters(command)}

    assert lettered == set(ROWS) - LATER


@pytest.fixture
def planted(tmp_path):
    """A folder with an installed plugin that leaves a file when it is imported, and that file."""
    mark = tmp_path / "imported"
    info = tmp_path / "site" / "planted-1.0.dist-info"
    info.mkdir(parents=True)
    (info.parent / "planted.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[metabench]\nplanted = planted\n")
    return info.parent, mark


CALLS = {
    "run": "quickstart --dry-run",
    "validate": "quickstart",
    "compare": "runs/demo",
    "merge": "runs/demo runs/other",
    "site": "runs/demo",
    "advise": "runs/demo",
    "status": "runs/demo",
    "watch": "runs/demo",
    "attach": "runs/demo",
    "cancel": "runs/demo",
    "logs": "none",
    "score": "runs/demo",
    "verify": "runs/demo",
    "review": "none",
    "reproduce": "none",
    "export model": "none out",
    "export glue": "runs/demo --method BERT -o out.zip",
    "export records": "runs/demo out",
    "data fetch": "no/task",
    "data verify": "no/task",
    "data show": "no/task",
    "plugins show": "pps",
    "plugins check": "no-such-plugin",
    "plugins new": "mine",
    "show": "reptile",
    "init": "mine",
    "completion": "bash",
}
LATER = {"review", "reproduce", "export model", "export glue"}
"""They import plugins once they have found the record, which an example would have to hold."""


def imports(call, planted, folder):
    site, mark = planted
    subprocess.run(
        [sys.executable, "-m", "metabench", *call.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *python_path()])},
        capture_output=True,
        check=False,
    )
    return mark.exists()


def python_path():
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


@pytest.fixture
def folder(tmp_path):
    """A working folder with a run in it, of which nothing has been run.

    It is a repository whose monitor leaves a file, and so do modules in it that are imported.
    """
    pwned = tmp_path / "PWNED"
    for name in ("socket", "signal", "torch", "numpy", "click", "rich", "json"):
        (tmp_path / f"{name}.py").write_text(f"open({str(pwned)!r}, 'a').write('{name} ')\n")
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {pwned}\n")
    monitor.chmod(0o755)
    for words in ("init", "add socket.py", f"config core.fsmonitor {monitor}"):
        command = ["git", *words.split()]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    note = RunNote(name="demo", methods=("BERT",), columns=(), uses=())
    Store(tmp_path / "runs" / "demo").commit_run("", "", note)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(set(ROWS) - LATER))
def test_a_command_imports_plugins_where_the_table_says_so_and_nothing_of_the_working_folder(
    command, planted, folder
):
    call = f"{command} {CALLS.get(command, '')}"

    assert imports(call, planted, folder) == (ROWS[command]["imports"] == "yes")
    assert not (folder / "PWNED").exists(), (folder / "PWNED").read_text()


@pytest.mark.slow
def test_a_format_that_is_not_built_in_imports_them(planted, folder):
    assert "yes with a `--format`" in ROWS["compare"]["imports"]
    assert imports("compare runs/demo --format other", planted, folder)
