"""Laws of `metabench run` and `validate`, on a benchmark of two cells that trains in a second."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from kit.benchmark import BERT, SHORT, TWO_TARGETS, benchmark

from metabench.cli.main import main
from metabench.store.records.cell import Failure, Provenance
from metabench.store.run_folder import Store

TEXT = benchmark("tiny", BERT, model=SHORT, tasks=TWO_TARGETS, finetune={"epochs": 1})
FOLDER = "runs/tiny.smoke"


def metabench(*arguments, **settings):
    return subprocess.run(
        [sys.executable, "-m", "metabench", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        **settings,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder in which the benchmark was run, and how that went."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "tiny.toml").write_text(TEXT)
    return folder, metabench("run", "tiny.toml", "--smoke", cwd=folder)


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TEXT)
    return tmp_path


def test_a_dry_run_lists_every_cell_and_writes_nothing(written, capsys):
    assert main(["run", "tiny.toml", "--dry-run"]) == 0
    captured = capsys.readouterr()

    heads = ["state", "stage", "method", "cell", "gradients", "time", "memory", "reason"]
    assert captured.out.splitlines()[0].split() == heads
    assert captured.out.count("\nnew ") == 2
    assert "\n2 cells: 2 new; 2 to run\n" in captured.out
    assert captured.err.startswith("run folder: runs/tiny\n")
    assert [path.name for path in written.iterdir()] == ["tiny.toml"]


def test_a_dry_run_shows_the_cost_of_what_is_to_be_run(written, capsys):
    main(["run", "tiny.toml", "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    main(["run", "tiny.toml", "--dry-run", "--json"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]

    # One epoch of batches of 32 over 400 and 250 training rows.
    assert [cell["gradients"] for cell in run["cells"]] == [13, 8]
    assert [line.split()[4] for line in lines[1:3]] == ["13", "8"]
    assert "cost: about 21 gradients of a batch" in lines
    assert "1 note on the data: see `metabench validate`" in lines


def test_validate_says_what_is_planned_and_writes_nothing(written, capsys):
    assert main(["validate", "tiny.toml"]) == 0
    captured = capsys.readouterr()

    assert captured.out.splitlines()[1].split() == ["BERT", "adapt", "2"]
    assert [line.split() for line in captured.out.splitlines()[3:5]] == [
        ["task", "role", "train", "scored", "labels"],
        ["embedded/grammar", "target", "400", "500", "2:", "unacceptable,", "acceptable"],
    ]
    assert "note: GENERATED" in captured.out
    assert captured.err == "valid: 2 cells\n"
    assert [path.name for path in written.iterdir()] == ["tiny.toml"]


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_file_that_is_not_valid_exits_with_2_and_writes_nothing(written, command, capsys):
    (written / "tiny.toml").write_text(TEXT.replace("epochs = 1", 'epoch = 1\nhead = "old"'))

    assert main([command, "tiny.toml"]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("error: tiny.toml:") == 2
    assert captured.out == ""
    assert [path.name for path in written.iterdir()] == ["tiny.toml"]


def test_a_mirror_that_is_not_there_exits_with_2(written, capsys, monkeypatch):
    monkeypatch.setenv("METABENCH_HUB", "nowhere")

    assert main(["validate", "tiny.toml"]) == 2
    assert "METABENCH_HUB" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_ends_with_the_leaderboard_and_the_folder(trained):
    _, done = trained

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("tiny (SMOKE, no result): scores\n")
    assert done.stdout.endswith(f"\nresults: {FOLDER}\n")
    assert done.stderr.startswith(f"run folder: {FOLDER}\n")
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_second_run_has_nothing_left_to_do_and_loads_nothing_heavy(trained):
    folder, first = trained
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = (
        "import sys; from metabench.cli.main import main;"
        "assert main(['run', 'tiny.toml', '--smoke']) == 0; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "nothing left to do: 2 cells done" in done.stderr
    assert done.stdout.startswith(first.stdout)
    assert not {"torch", "transformers", "datasets"} & set(done.stdout.split())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 3  # seconds of CPU; loading torch takes more


@pytest.mark.slow
def test_every_record_is_whole_and_tells_where_it_comes_from(trained):
    folder, _ = trained
    cells = list(Store(folder / FOLDER).cells())

    assert len(cells) == 2
    for cell in cells:
        assert cell.result.scores.keys()
        assert cell.result.provenance.command == ("metabench", "run", "tiny.toml", "--smoke")
        assert cell.damage == ()


@pytest.mark.slow
def test_only_a_cell_whose_result_was_cut_runs_again(trained):
    folder, _ = trained
    first, second = Store(folder / FOLDER).cells()
    path = folder / FOLDER / "cells" / first.folder / "result.json"
    path.write_bytes(path.read_bytes()[:100])
    done = metabench("run", "tiny.toml", "--smoke", cwd=folder)

    assert "1 cell to run, 1 done" in done.stderr
    assert json.loads(path.read_text())["scores"] == first.result.scores
    assert Store(folder / FOLDER).result(second.folder) == second.result


def test_a_failed_cell_exits_with_1_and_says_which_and_how_to_go_on(written, capsys):
    main(["run", "tiny.toml", "--dry-run"])
    capsys.readouterr()
    store = plant_failures()

    assert main(["run", "tiny.toml"]) == 1
    captured = capsys.readouterr()
    assert "failed: 2 cells\n" in captured.err
    table = captured.err[captured.err.index("failed: 2 cells\n") :]
    assert table.count("the loss is not finite\n") == 1  # it shows one of a kind
    assert "run them again: metabench run tiny.toml --retry-failed\n" in captured.err
    assert "failed 0/1" in captured.out
    assert (store.folder / "run.json").is_file()


def plant_failures():
    from metabench.cli.inputs.benchmark import make_plan

    plan = make_plan("tiny.toml", sets=(), smoke=False, hub=None).plan
    store = Store(Path("runs/tiny"))
    for cell in plan.cells:
        failure = Failure(
            kind=cell.kind,
            name=cell.name,
            key=cell.key,
            status="diverged",
            message="the loss is not finite",
            provenance=Provenance(metabench="0", python="3"),
        )
        store.commit_failure(cell.folder, failure)
    return store


@pytest.mark.slow
def test_a_run_folder_that_somebody_works_on_exits_with_4(written, capsys):
    with Store(written / "runs" / "tiny").lock():
        assert main(["run", "tiny.toml"]) == 4

    assert "another process works on this run" in capsys.readouterr().err


def test_what_the_command_line_selects_and_forces_is_in_the_line_that_runs_it_again(
    written, capsys
):
    plant_failures()

    only = ["--only", "target=embedded/gr*"]
    assert main(["run", "tiny.toml", *only, "--set", "finetune.epochs=1", "--fail-fast"]) == 1
    captured = capsys.readouterr()
    assert "only target=embedded/gr*: 1 cell: 1 failed\n" in captured.err
    assert "failed: 1 cell\n" in captured.err
    assert captured.err.endswith(
        "run them again: metabench run tiny.toml --only 'target=embedded/gr*'"
        " --set finetune.epochs=1 --fail-fast --retry-failed\n"
    )


def test_a_dry_run_lists_what_is_selected_alone(written, capsys):
    assert main(["run", "tiny.toml", "--dry-run", "--only", "task=embedded/grammar"]) == 0
    captured = capsys.readouterr()

    assert captured.out.count("\nnew ") == 1
    assert "\n1 cell: 1 new; 1 to run\n" in captured.out
    assert [path.name for path in written.iterdir()] == ["tiny.toml"]


def test_a_dry_run_is_json_for_every_file(written, capsys):
    (written / "other.toml").write_text(TEXT.replace('"tiny"', '"other"'))

    assert main(["run", "tiny.toml", "other.toml", "--dry-run", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["runs"]
    assert (first["folder"], second["folder"]) == ("runs/tiny", "runs/other")
    assert [(cell["state"], cell["to_run"]) for cell in first["cells"]] == [("new", True)] * 2


def test_json_is_of_a_dry_run_alone(written, capsys):
    assert main(["run", "tiny.toml", "--json"]) == 2
    assert "--json goes with --dry-run" in capsys.readouterr().err
    assert [path.name for path in written.iterdir()] == ["tiny.toml"]


def test_validate_prints_json(written, capsys):
    assert main(["validate", "tiny.toml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["name"], found["cells"]) == ("tiny", 2)
    assert found["methods"] == [{"method": "BERT", "kind": "adapt", "cells": 2}]
    assert found["tasks"][0] == {
        "name": "embedded/grammar",
        "role": "target",
        "train_rows": 400,
        "scored_rows": 500,
        "labels": ["unacceptable", "acceptable"],
        "classes": {},
    }


@pytest.mark.parametrize(
    ("only", "code", "said"),
    [
        ("method=BRT", 5, "tiny.toml: --only method=BRT names nothing; did you mean 'BERT'?\n"),
        ("metod=BERT", 2, "there is no key 'metod'; did you mean 'method'?\n"),
        ("kind=meta", 5, "choose one of 'adapt'\n"),
    ],
)
def test_a_selection_of_nothing_is_answered_before_anything_is_written(
    written, only, code, said, capsys
):
    assert main(["run", "tiny.toml", "--only", only]) == code
    assert said in capsys.readouterr().err
    assert [path.name for path in written.iterdir()] == ["tiny.toml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--device", "cuda:99"], "there is no such device"),
        (["--device", "cpu", "--set", "compute.precision=bf16"], "cannot compute in bf16"),
    ],
)
def test_a_device_that_is_not_there_is_refused_before_anything_is_written(
    written, capsys, arguments, said
):
    assert main(["run", "tiny.toml", *arguments]) == 4

    assert said in capsys.readouterr().err
    assert not (written / "runs").exists()


def test_all_files_are_checked_before_anything_runs(written, capsys):
    (written / "bad.toml").write_text(TEXT.replace("epochs", "epoch"))

    assert main(["run", "tiny.toml", "bad.toml"]) == 2
    assert "error: bad.toml:" in capsys.readouterr().err
    assert not (written / "runs").exists()


def test_two_files_of_one_name_are_refused(written, capsys):
    (written / "copy.toml").write_text(TEXT)

    assert main(["run", "tiny.toml", "copy.toml"]) == 2
    captured = capsys.readouterr()
    assert "error: copy.toml: its run folder would be 'runs/tiny', which is that of" in captured.err
    assert "hint: give one of them another name" in captured.err
    assert not (written / "runs").exists()
