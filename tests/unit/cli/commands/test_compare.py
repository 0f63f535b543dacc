"""Laws of `metabench compare`."""

import json
import os

import pytest

from metabench.cli.main import main


@pytest.fixture
def two_runs(make_run, monkeypatch):
    stores = make_run("old"), make_run("new")
    os.utime(stores[0].folder / "run.json", ns=(1, 1))
    monkeypatch.chdir(stores[0].folder.parent.parent)
    return stores


def test_without_a_name_the_newest_run_is_shown(two_runs, capsys):
    assert main(["compare"]) == 0
    assert capsys.readouterr().out.startswith("new: scores\n")


@pytest.mark.parametrize("name", ["old", "runs/old"])
def test_a_run_is_found_by_name_and_by_path(two_runs, name, capsys):
    assert main(["compare", name]) == 0
    assert capsys.readouterr().out.startswith("old: scores\n")


def test_json_goes_to_stdout_and_nothing_else_does(two_runs, capsys):
    (two_runs[1].cell_folder(two_runs[1].run().uses[0].cell) / "result.json").write_text("{")

    assert main(["compare", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["name"] == "new"
    assert "result.json: is damaged" in captured.err


@pytest.mark.parametrize(
    ("file", "start"), [("a.md", "**Conclusion**"), ("a.json", "{"), ("a.txt", "new: scores")]
)
def test_a_file_is_written_in_the_format_that_its_name_says(
    two_runs, tmp_path, file, start, capsys
):
    assert main(["compare", "-o", str(tmp_path / file)]) == 0
    captured = capsys.readouterr()

    assert (tmp_path / file).read_text().startswith(start)
    assert captured.out == ""


def test_a_file_in_a_folder_that_is_not_there_is_refused(two_runs, capsys):
    assert main(["compare", "-o", "nowhere/a.md"]) == 2
    assert "there is no folder 'nowhere'" in capsys.readouterr().err


def test_baselines_are_taken_from_the_command_line(two_runs, capsys):
    assert main(["compare", "--baseline", "Joint"]) == 0
    out = capsys.readouterr().out

    assert "new: difference to Joint" in out
    assert "difference to BERT" not in out


def test_two_runs_are_compared_in_one_table(two_runs, capsys):
    assert main(["compare", "old", "new"]) == 0
    assert capsys.readouterr().out.startswith("old + new: scores\n")


def test_a_smoke_run_is_refused_beside_a_result(two_runs, make_run, capsys):
    make_run("quick", folder="quick.smoke", smoke=True)

    assert main(["compare", "old", "quick.smoke"]) == 2
    assert "a smoke run is never a result" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["olt"], "did you mean 'old'?"), (["--runs", "nowhere"], "there is no run in 'nowhere'")],
)
def test_a_run_that_is_not_there_exits_with_5(two_runs, arguments, said, capsys):
    assert main(["compare", *arguments]) == 5
    assert said in capsys.readouterr().err
