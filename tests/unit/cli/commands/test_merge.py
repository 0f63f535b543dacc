"""``metabench merge``: two folders, one answer, and an exit code for doubt."""

from __future__ import annotations

import json
from shutil import copytree

import pytest

from metabench.cli.main import main


@pytest.fixture
def folders(make_run, tmp_path):
    """A run folder and a copy of it."""
    one = make_run().folder
    return str(one), str(copytree(one, tmp_path / "copy"))


def change(folder):
    """Edit a result of a folder, and return the name of its cell."""
    file = min(
        file for file in folder.glob("cells/*/result.json") if "accuracy" in file.read_text()
    )
    values = json.loads(file.read_text())
    values["scores"] = dict.fromkeys(values["scores"], 0.0)
    file.write_text(json.dumps(values))
    return file.parent.name


def test_a_run_and_its_copy_agree_and_exit_with_0(folders, capsys):
    assert main(["merge", *folders]) == 0
    printed = capsys.readouterr().out

    assert "DIFFERENT" not in printed
    assert "EDITED" not in printed
    assert all(folder in printed for folder in folders)


def test_an_edited_copy_is_named_and_exits_with_1(folders, tmp_path, capsys):
    cell = change(tmp_path / "copy")

    assert main(["merge", *folders]) == 1
    assert f"EDITED OR DAMAGED: {folders[1]}: {cell}" in capsys.readouterr().out


def test_lines_name_the_origin_of_every_score(folders, capsys):
    assert main(["merge", *folders, "--lines"]) == 0
    listed = [line for line in capsys.readouterr().out.splitlines() if "accuracy" in line]

    assert listed
    assert all(folders[0] in line or "-" in line for line in listed)


def test_json_has_the_runs_the_differing_cells_and_every_line(folders, capsys):
    assert main(["merge", *folders, "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)

    assert tree["schema"] == 1
    assert [run["run"] for run in tree["runs"]] == list(folders)
    assert tree["differing"] == []
    scored = [line for line in tree["lines"] if line["score"] is not None]
    assert scored
    assert all(line["run"] == folders[0] and line["also"] == [folders[1]] for line in scored)


@pytest.mark.parametrize("twice", [False, True])
def test_one_folder_is_not_enough_also_if_it_is_named_twice(folders, capsys, twice):
    assert main(["merge", *[folders[0]] * (1 + twice)]) == 2
    assert "merge takes two runs or more" in capsys.readouterr().err
