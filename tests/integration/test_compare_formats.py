"""The same records give the same bytes: in another folder, order, locale, width and process."""

from __future__ import annotations

import hashlib
import itertools
import json
import resource
import shutil

import pytest

from metabench.store.records.cell import Result, RunNote, UseNote, from_json, to_json
from metabench.store.records.seal import sealed, unsealed

FORMATS = ("terminal", "markdown", "csv", "json", "latex", "html")


def copied(source, target, *, backwards=False, keep=None):
    """Copy a run folder file by file, in one order or the other, perhaps some of its cells only."""
    cells = sorted((source / "cells").iterdir(), reverse=backwards)
    for cell in cells:
        if keep is None or keep(cell.name):
            shutil.copytree(cell, target / "cells" / cell.name)
    for name in ("run.json", "spec.toml", "resolved.toml"):
        shutil.copy(source / name, target / name)
    return target


@pytest.fixture(scope="module")
def run(finished):
    """The folder of a run."""
    return finished / "runs" / "small"


@pytest.fixture(scope="module")
def compare(command, tmp_path_factory):
    """Return the function that compares run folders and returns stdout."""

    def shown(*arguments, **environment):
        cwd = tmp_path_factory.mktemp("cwd")
        done = command("compare", *map(str, arguments), cwd=cwd, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return shown


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_in_another_place_gives_the_same_bytes(name, run, compare, tmp_path):
    copy = copied(run, tmp_path / "elsewhere" / "other name", backwards=True)
    here = compare(run, "--format", name, PYTHONHASHSEED="1", COLUMNS="70", LC_ALL="C.UTF-8")
    there = compare(copy, "--format", name, PYTHONHASHSEED="2", COLUMNS="200", LC_ALL="POSIX",
                    PYTHONUTF8="1", TZ="Asia/Kathmandu")  # fmt: skip

    assert here == there


@pytest.mark.parametrize("name", FORMATS)
def test_two_parts_of_a_run_give_the_bytes_of_the_whole(name, run, compare, tmp_path):
    halves = [
        copied(run, tmp_path / "one", keep=lambda cell: "-s1-" not in cell),
        copied(run, tmp_path / "two", keep=lambda cell: "-s0-" not in cell),
    ]
    whole = compare(run, "--format", name)

    assert compare(*halves, "--format", name) == whole
    assert compare(*reversed(halves), "--format", name) == whole


def test_runs_of_two_machines_are_one_leaderboard_that_says_so(run, compare, tmp_path):
    """The second machine ran the second seed; its device has another name."""
    one = copied(run, tmp_path / "a" / "small", keep=lambda cell: "-s1-" not in cell)
    two = copied(run, tmp_path / "b" / "small", keep=lambda cell: "-s0-" not in cell)
    for path in (two / "cells").glob("*-s1-*/result.json"):
        result = from_json(Result, path.read_bytes(), where="")
        moved = result.provenance.model_copy(update={"device": "another device"})
        path.write_bytes(to_json(result.model_copy(update={"provenance": moved})))
    board = json.loads(compare(one, two, "--json"))
    whole = json.loads(compare(run, "--json"))

    assert board["rows"] == whole["rows"]
    assert any(caption.startswith("MIXED: ") for caption in board["captions"])
    assert "another_device" in board["signature"]


def test_a_copy_beside_its_original_adds_nothing(run, compare, tmp_path):
    copy = copied(run, tmp_path / "small")

    assert compare(run, copy, "--format", "csv") == compare(run, "--format", "csv")


def test_the_leaderboard_after_a_run_is_that_of_compare_without_the_cost(finished, run, compare):
    shown = (finished / "stdout.txt").read_text()
    later = compare(run)

    assert "cost of one meta seed" in later
    assert "cost of one meta seed" not in shown
    assert shown.splitlines()[:20] == later.splitlines()[:20]


def large_run(run, folder, *, methods=25, columns=8, seeds=50):
    """Write a run of so many scores, each with the records of a cell of a real run."""
    note = from_json(RunNote, (run / "run.json").read_bytes(), where="")
    use = next(use for use in note.uses if use.method == "Joint")
    model = run / "cells" / use.cell
    record, inputs = (
        unsealed((model / name).read_bytes()).decode() for name in ("result.json", "cell.json")
    )
    (column,) = (column for column in note.columns if column.name == use.column)
    wide = [
        column.model_copy(update={"name": f"task{n}", "task": f"task{n}", "title": f"T{n}"})
        for n in range(columns)
    ]
    score = f"{json.loads(record)['scores'][column.metric]!r}"
    uses = []
    places = itertools.product(range(methods), range(columns), range(seeds))
    for number, (method, task, seed) in enumerate(places):
        key = hashlib.sha256(str(number).encode()).hexdigest()
        name = f"adapt-{number}"
        cell = folder / "cells" / f"{name}-{key[:8]}"
        cell.mkdir(parents=True)
        new = f"{0.5 + method / 100 + number * 7919 % 1000 / 1e4!r}"
        for file, text in (("result.json", record), ("cell.json", inputs)):
            renamed = text.replace(use.key, key).replace(use.cell[:-9], name)
            (cell / file).write_bytes(sealed(renamed.replace(score, new).encode()))
        for used in json.loads(record)["files"]:
            shutil.copy(model / used["path"], cell / used["path"])
        fields = {"method": f"M{method}", "column": f"task{task}", "meta_seed": seed}
        uses.append(UseNote(**fields, finetune_seed=0, cell=cell.name, key=key))
    changes = {
        "methods": tuple(f"M{n}" for n in range(methods)), "columns": tuple(wide),
        "uses": tuple(uses), "cells": (), "baselines": ("M0",), "published": (),
    }  # fmt: skip
    (folder / "run.json").write_bytes(to_json(note.model_copy(update=changes)))


@pytest.mark.slow
def test_ten_thousand_records_are_compared_in_seconds(run, command, tmp_path):
    large_run(run, tmp_path / "large")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = command("compare", "large", "-o", "board.csv", cwd=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = (tmp_path / "board.csv").read_text().splitlines()

    assert done.returncode == 0, done.stderr
    assert len(lines) == 1 + (25 + 2) * 9  # eight tasks and their average; majority, chance
    assert ",50,50," in lines[1]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert cpu < 6  # measured: 2; a shared machine may take longer, not three times
