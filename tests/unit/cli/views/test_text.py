"""Properties of what is printed: whatever a record holds, a terminal sees text and nothing else."""

from __future__ import annotations

import json
import unicodedata

import pytest

from metabench.cli.main import main
from metabench.cli.views import text
from metabench.session.cell.journal import Journal
from metabench.store.folder import Folder
from metabench.store.records.cell import CellNote, Failure
from metabench.store.records.run import PlannedCell, RunNote
from metabench.store.run_folder import Store

ACTS = "\x1b[31m \x9b2J \x07 \x7f \r \u202e \u2066 \u200f \u2028 \U000e0001"
"""Escape, C1, bell, delete, return, four that change the direction or the line, a tag."""

KEY = "1a" + "2" * 62
CELL = f"first-{KEY[:8]}"


def acting(printed, *, keep="\n\t"):
    """Return the characters that a terminal would not show but do."""
    return {c for c in printed if c not in keep and unicodedata.category(c)[0] in "CZ" and c != " "}


@pytest.fixture
def store(tmp_path, monkeypatch, provenance):
    """A run folder with text that acts on a terminal wherever a record holds free text."""
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "runs" / "demo")
    cells = (PlannedCell(cell=CELL, key=KEY, kind="adapt", cost=1.0),)
    note = RunNote(
        name="demo", methods=(), columns=(), uses=(), cells=cells, only=("seed=0",), notes=(ACTS,)
    )
    store.commit_run("", "", note)
    fields = {"kind": "adapt", "name": "first", "key": KEY}
    store.commit_note(CELL, CellNote(**fields, inputs={"model_type": ACTS}))
    failure = Failure(
        **fields,
        status="diverged",
        message=ACTS,
        hint=ACTS,
        traceback=f"one\n{ACTS}",
        provenance=provenance.model_copy(update={"command": ("metabench", ACTS)}),
    )
    store.commit_failure(CELL, failure)
    (store.cell_folder(CELL) / "log.txt").write_text(f"{ACTS}\n")
    return store


COMMANDS = [
    ("status", "demo"),
    ("status", "demo", "--json"),
    ("show", CELL),
    ("show", CELL, "--json"),
    ("logs", CELL),
    ("compare", "demo"),
    ("compare", "demo", "--json"),
    ("compare", "demo", "--explain"),
    ("verify", "demo"),
    ("verify", "demo", "--json"),
    ("score", "demo"),
    ("score", "demo", "--json"),
    ("reproduce", CELL),
    ("reproduce", CELL, "--json"),
    ("export", "records", "demo", "copy"),
    ("run", ACTS),
    ("show", ACTS),
    ("show", ACTS, "--traceback"),
    ("validate", f"{ACTS}.toml"),
    (ACTS,),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command).encode().hex())
def test_no_command_prints_what_acts_on_a_terminal(command, store, capfd):
    main(list(command))
    printed = capfd.readouterr()

    assert printed.out + printed.err
    assert acting(printed.out + printed.err) == set()


def test_json_keeps_every_character(store, capsys):
    main(["show", CELL, "--json"])
    (found,) = json.loads(capsys.readouterr().out)

    assert found["failure"]["message"] == ACTS


def test_what_is_kept_acts_on_no_terminal_either(store, tmp_path):
    with Journal(Folder(tmp_path) / "cell") as journal:
        journal.write(f"failed\n{ACTS}")
    kept = (store.cell_folder(CELL) / "failure.json", tmp_path / "cell" / "log.txt")

    assert all(acting(path.read_text(encoding="utf-8")) == set() for path in kept)
    failure = store.failure(CELL)
    assert failure is not None
    assert failure.message == ACTS


def test_a_painted_text_keeps_its_colours_alone(capsys):
    text.echo_text(f"\x1b[1mbold\x1b[0m\n{ACTS.removeprefix(chr(27) + '[31m')}", painted=True)
    printed = capsys.readouterr().out

    assert printed.startswith("\x1b[1mbold\x1b[0m\n ")
    assert acting(printed.replace("\x1b[1m", "").replace("\x1b[0m", "")) == set()


@pytest.mark.parametrize("print_line", [text.echo, text.note, text.warn])
def test_a_line_stays_one_line(print_line, capsys):
    print_line("one\ntwo\tthree")
    printed = capsys.readouterr()

    assert (printed.out + printed.err).count("\n") == 1
