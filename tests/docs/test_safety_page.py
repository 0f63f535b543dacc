"""The table of docs/safety.md holds every command, and says truly which ones import plugins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from metabench.cli.main import metabench
from metabench.store.records.run import RunNote
from metabench.store.run_folder import Store

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
ROWS = {
    row[0].strip("`"): row[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for row in [[cell.strip() for cell in line.strip("|").split("|")]]
}


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
    "status": "runs/demo",
    "logs": "none",
    "score": "runs/demo",
    "verify": "runs/demo",
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
LATER = {"reproduce", "export model", "export glue"}
"""They import plugins once they have found the record, which an example would have to hold."""


def imports(call, planted, folder):
    site, mark = planted
    subprocess.run(
        [sys.executable, "-P", "-m", "metabench", *call.split()],
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
    """A working folder with a run in it, of which nothing has been run."""
    note = RunNote(name="demo", methods=("BERT",), columns=(), uses=())
    Store(tmp_path / "runs" / "demo").commit_run("", "", note)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("command", sorted(set(ROWS) - LATER))
def test_a_command_imports_installed_plugins_where_the_table_says_so(command, planted, folder):
    call = f"{command} {CALLS.get(command, '')}"

    assert imports(call, planted, folder) == (ROWS[command][1] == "yes")


@pytest.mark.slow
def test_a_format_that_is_not_built_in_imports_them(planted, folder):
    assert re.search(r"yes with a `--format`", ROWS["compare"][1])
    assert imports("compare runs/demo --format other", planted, folder)
