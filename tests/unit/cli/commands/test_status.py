"""Laws of `metabench status` and `metabench logs`, of a run that goes on in another process."""

import json
import subprocess
import sys
from contextlib import ExitStack

import pytest

from metabench.cli.main import main
from metabench.store.processes import present
from metabench.store.records.cell import CellNote, Failure, Result
from metabench.store.records.run import PlannedCell, RunNote
from metabench.store.run_folder import Store

KEYS = {"meta": "1" * 64, "first": "1a" + "2" * 62, "second": "3" * 64}
NAMES = {name: f"{name}-{key[:8]}" for name, key in KEYS.items()}


@pytest.fixture
def store(tmp_path, monkeypatch, provenance):
    """Return a run in which one cell is done, one has failed, and one is left."""
    monkeypatch.chdir(tmp_path)
    store = Store(tmp_path / "runs" / "demo")
    cells = tuple(
        PlannedCell(
            cell=NAMES[name], key=key, kind="meta" if name == "meta" else "adapt", cost=10.0
        )
        for name, key in KEYS.items()
    )
    note = RunNote(name="demo", methods=(), columns=(), uses=(), cells=cells, only=("seed=0",))
    store.commit_run("", "", note)
    begin(store, "meta")
    done = Result(kind="meta", name="meta", key=KEYS["meta"], wall_seconds=9, provenance=provenance)
    store.commit_result(NAMES["meta"], done)
    begin(store, "first")
    failure = Failure(
        kind="adapt",
        name="first",
        key=KEYS["first"],
        status="diverged",
        message="the loss is \x1b[31mnan",
        provenance=provenance,
    )
    store.commit_failure(NAMES["first"], failure)
    return store


def begin(store, name):
    kind = "meta" if name == "meta" else "adapt"
    store.commit_note(NAMES[name], CellNote(kind=kind, name=name, key=KEYS[name], inputs={}))
    log(store, name, "started")


def log(store, name, line):
    with (store.cell_folder(NAMES[name]) / "log.txt").open("a") as file:
        file.write(f"{line}\n")


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_status_counts_and_shows_failures_by_kind_and_writes_nothing(store, capsys):
    before = contents(store.folder)

    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "demo: runs/demo: no active process"
    assert lines[1] == "last asked only for seed=0"
    assert [line.split() for line in lines[3:6]] == [
        ["stage", "done", "waiting", "failed"],
        ["meta", "1", "0", "0"],
        ["adapt", "0", "1", "1"],
    ]
    assert lines[7] == "failed: 1 cell"
    assert lines[9].split() == ["diverged", "1", "first:", "the", "loss", "is", "\\x1b[31mnan"]
    assert lines[10].strip() == f"log: runs/demo/cells/{NAMES['first']}/log.txt"
    assert contents(store.folder) == before


def test_status_of_a_run_that_goes_on_shows_what_runs_and_how_far(store, capsys):
    with present(store.folder), store.lock_cell(NAMES["second"]):
        begin(store, "second")
        step = '{"stage": "adapt", "step": 5, "total": 10}\n'
        (store.cell_folder(NAMES["second"]) / "metrics.jsonl").write_text(step)

        assert main(["status", "demo"]) == 0
        assert main(["status", "runs/demo", "--json"]) == 0
    out = capsys.readouterr().out
    text, found = out[: out.index("{\n")], json.loads(out[out.index("{\n") :])

    assert "works on it since" in text
    assert f"{NAMES['second']}  adapt 5/10\n" in text
    assert "about 4.5 s left\n" in text
    assert found["seconds_left"] == pytest.approx(4.5)
    assert {cell["folder"]: (cell["state"], cell["step"]) for cell in found["cells"]} == {
        NAMES["meta"]: ("done", None),
        NAMES["first"]: ("failed", None),
        NAMES["second"]: ("running", 5),
    }


def test_the_status_of_a_run_that_is_not_there_exits_with_5(store, capsys):
    assert main(["status", "dmo"]) == 5
    assert "there is no run 'dmo'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    ["first", NAMES["first"], "demo/first", f"runs/demo/cells/{NAMES['first']}", "1a2", "fi"],
)
def test_a_log_is_found_by_name_folder_and_key(store, name, capsys):
    log(store, "first", "a \x1b[31mred line")

    assert main(["logs", name]) == 0
    assert capsys.readouterr().out == "started\na \\x1b[31mred line\n"


def test_several_cells_are_answered_with_their_names(store, capsys):
    assert main(["logs", "1"]) == 5
    err = capsys.readouterr().err

    assert "error: '1' is 2 cells\n" in err
    assert f"hint: name one of 'demo/{NAMES['first']}', 'demo/{NAMES['meta']}'" in err


def test_a_cell_that_is_not_there_is_answered_with_the_nearest(store, capsys):
    assert main(["logs", "frist"]) == 5
    assert "there is no cell 'frist' in 'runs'\n  hint: did you mean 'first'?" in (
        capsys.readouterr().err
    )


def test_a_log_is_followed_until_the_cell_has_ended(store, provenance):
    with store.lock_cell(NAMES["second"]):
        begin(store, "second")
        process = subprocess.Popen(
            [sys.executable, "-m", "metabench", "logs", "second", "-f"],
            cwd=store.folder.parent.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "started\n"
        log(store, "second", "more")
        assert process.stdout.readline() == "more\n"
        assert process.poll() is None
        log(store, "second", "done")
        store.commit_result(
            NAMES["second"],
            Result(
                kind="adapt", name="x", key=KEYS["second"], wall_seconds=1, provenance=provenance
            ),
        )
    rest, _ = process.communicate(timeout=20)

    assert (rest, process.returncode) == ("done\n", 0)


def test_a_run_is_watched_until_no_process_works_on_it(store, capsys, monkeypatch):
    with ExitStack() as stack:
        stack.enter_context(present(store.folder))

        def wait(_):
            stack.close()

        monkeypatch.setattr("metabench.cli.commands.status.time.sleep", wait)

        assert main(["status", "demo", "--watch"]) == 0

    said = capsys.readouterr().out
    assert said.count("works on it since") == 1
    assert said.count("no active process") == 1


def test_a_state_that_is_watched_is_no_json(store, capsys):
    assert main(["status", "demo", "--watch", "--json"]) == 2
    assert "--json prints one state" in capsys.readouterr().err
