"""One result run again from its record: from a run, and from a copy of the records alone."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from kit.benchmark import PLAIN, REPTILE, benchmark

from metabench.cli.main import main
from metabench.session.replay.review import drawn_cells
from metabench.store.records.seal import sealed
from metabench.store.run_folder import Store

TASKS = {"target": ["embedded/entailment", "embedded/grammar"]}


def file_of(tasks=TASKS):
    return benchmark(
        "tiny",
        *(PLAIN, REPTILE),
        tasks=tasks,
        meta={"steps": 2},
        finetune={"epochs": 0.1, "optimizer": {"lr": 1e-3}},
        seeds={"meta": [3]},
    )


@pytest.fixture(scope="module")
def here(tmp_path_factory, command):
    """Return a folder with a run and a copy of its records; not to be written to."""
    folder = tmp_path_factory.mktemp("reproduce")
    (folder / "tiny.toml").write_text(file_of())
    done = command("run", "tiny.toml", cwd=folder)
    assert done.returncode == 0, done.stderr
    done = command("export", "records", "tiny", "records", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def result_of(folder: Path, begin: str) -> str:
    (path,) = folder.glob(f"cells/{begin}*/result.json")
    return str(path)


def edited(path: str, **fields: object) -> None:
    """Change a record as its writer would have: with a hash that fits."""
    tree = json.loads(Path(path).read_text())
    del tree["sha256"]
    text = json.dumps(tree | fields, indent=2, ensure_ascii=False) + "\n"
    Path(path).write_bytes(sealed(text.encode()))


def test_a_copy_of_the_records_compares_as_the_run_does_and_is_whole(here, command):
    of_run = command("compare", "tiny", "--json", cwd=here)
    of_records = command("compare", "records", "--json", cwd=here)

    assert of_records.stdout == of_run.stdout
    assert json.loads(of_run.stdout)["rows"]
    verified = command("verify", "records", cwd=here)
    assert verified.returncode == 0
    assert "OK: all checksums match" in verified.stdout
    both = command("compare", "tiny", "records", "--json", cwd=here)
    assert json.loads(both.stdout)["rows"] == json.loads(of_run.stdout)["rows"]
    assert "TWICE" not in both.stdout


def test_a_copy_of_the_records_says_nothing_of_where_its_maker_keeps_files(here, tmp_path, command):
    runs = tmp_path / "elsewhere"
    file, only = here / "tiny.toml", ("--only", "task=embedded/grammar", "--only", "method=Plain")
    done = command("run", str(file), f"--runs={runs}", *only, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = next((runs / "tiny").glob("cells/adapt-plain-*/result.json")).read_text()
    assert str(tmp_path) in kept

    done = command("export", "records", str(runs / "tiny"), "copy", cwd=tmp_path)
    assert done.returncode == 0, done.stderr

    files = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert not [path for path in files if str(tmp_path.parent) in path.read_text()]
    (path,) = (tmp_path / "copy").glob("cells/adapt-plain-*/result.json")
    assert json.loads(path.read_text())["provenance"]["command"] == [
        "metabench", "run", "tiny.toml", "--runs=elsewhere", *only,
    ]  # fmt: skip
    assert command("verify", "copy", cwd=tmp_path).returncode == 0


def test_a_copy_of_the_records_holds_json_and_the_benchmark_file_alone(here):
    files = [path for path in (here / "records").rglob("*") if path.is_file()]

    assert {path.suffix for path in files} == {".json", ".toml"}
    assert {path.name for path in files} == {
        "run.json", "spec.toml", "resolved.toml", "cell.json", "result.json",
    }  # fmt: skip
    for cell in Store(here / "runs" / "tiny").cells():
        copied = Store(here / "records").cell(cell.folder)
        assert cell.result.files
        assert (copied.result.files, copied.result.left_out) == ((), cell.result.files)
        assert copied.note == cell.note


def test_a_result_comes_out_the_same_from_its_record_alone(here, command):
    path = result_of(here / "records", "adapt-reptile-embedded-entailment")
    done = command("reproduce", path, "--json", cwd=here)

    assert done.returncode == 0, done.stderr
    meta, adapt = json.loads(done.stdout)["cells"]
    assert (meta["exact"], adapt["exact"]) == (True, True)
    assert adapt["key"] == json.loads(Path(path).read_text())["key"]
    assert adapt["now"] == adapt["recorded"] == json.loads(Path(path).read_text())["scores"]
    losses = json.loads(Path(result_of(here / "records", "meta")).read_text())["losses"]
    assert meta["now"] == {f"{name} loss": value for name, value in losses.items()}
    assert not list(here.rglob("metabench-*"))


def test_a_cell_is_named_as_well_and_what_was_run_is_kept_where_one_says(here, command, tmp_path):
    name = "adapt-plain-embedded-grammar-s3-f0"
    kept = str(tmp_path / "again")
    first = command("reproduce", name, "--into", kept, cwd=here)
    assert first.returncode == 0, first.stderr
    assert f"{name}: bit-identical" in first.stdout.splitlines()
    stamp = Path(result_of(tmp_path / "again" / "tiny", name)).stat().st_mtime_ns

    second = command("reproduce", name, "--into", kept, cwd=here)

    assert (second.returncode, second.stdout) == (0, first.stdout)
    assert Path(result_of(tmp_path / "again" / "tiny", name)).stat().st_mtime_ns == stamp


def test_another_score_is_shown_with_what_differs_between_the_machines(here, command, tmp_path):
    shutil.copytree(here / "records", tmp_path / "records")
    path = result_of(tmp_path / "records", "adapt-plain-embedded-grammar")
    record = json.loads(Path(path).read_text())
    scores = {name: value / 2 + 0.25 for name, value in record["scores"].items()}
    older = record["provenance"] | {"processor": "an abacus", "threads": 7}
    edited(path, scores=scores, provenance=older)

    done = command("reproduce", path, cwd=tmp_path)

    assert done.returncode == 1
    assert "other numbers: processor an abacus → " in done.stdout
    assert "threads 7 → 1" in done.stdout
    (name, recorded), *_ = scores.items()
    now = record["scores"][name]
    assert [name, f"{recorded:.6f}", f"{now:.6f}", "*"] in [
        line.split()[2:] for line in done.stdout.splitlines()
    ]


def test_without_another_machine_another_score_is_said_to_be_without_a_reason(
    here, command, tmp_path
):
    shutil.copytree(here / "records", tmp_path / "records")
    path = result_of(tmp_path / "records", "adapt-plain-embedded-grammar")
    edited(path, scores={"matthews": 0.987654})

    done = command("reproduce", path, cwd=tmp_path)

    assert done.returncode == 1
    assert "other numbers: although versions, device and threads are the same" in done.stdout


def test_a_result_whose_key_is_another_now_is_refused_with_the_reason(here, tmp_path, capsys):
    shutil.copytree(here / "records", tmp_path / "records")
    resolved = tmp_path / "records" / "resolved.toml"
    text = resolved.read_text()
    assert "lr = 0.001" in text
    resolved.write_text(text.replace("lr = 0.001", "lr = 0.002"))

    path = result_of(tmp_path / "records", "adapt-plain-embedded-g")
    assert main(["reproduce", path]) == 4

    said = capsys.readouterr().err
    assert "is not its key here: finetune.optimizer.lr 0.001 → 0.002" in said
    assert "hint: bring that back" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("no/result.json",), 5, "there is no file 'no/result.json'"),
        (("nothing-like-it",), 5, "there is no cell 'nothing-like-it'"),
        (
            ("adapt-plain-embedded-grammar-s3-f0", "--into", "runs"),
            2,
            "is the folder of the result",
        ),
        (("adapt-plain-embedded-grammar-s3-f0", "--device", "cuda:9"), 4, "cuda:9"),
    ],
)
def test_what_cannot_be_run_again_is_refused(here, monkeypatch, capsys, arguments, code, said):
    monkeypatch.chdir(here)
    assert main(["reproduce", *arguments]) == code

    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_a_new_method_is_not_built_on_a_copy_that_lacks_the_parameters(here, command, tmp_path):
    shutil.copytree(here / "records", tmp_path / "runs" / "tiny")
    (tmp_path / "tiny.toml").write_text(file_of(TASKS | {"transfer": ["embedded/science"]}))

    done = command("run", "tiny.toml", "--only", "task=embedded/science", cwd=tmp_path)

    assert done.returncode == 4
    assert "'parameters.safetensors' was left out of this copy of the records" in done.stderr


@pytest.fixture
def given(here, tmp_path):
    """Return a private copy of the records, as they are contributed."""
    return Path(shutil.copytree(here / "records", tmp_path / "records"))


def drawing(folder: Path, begin: str) -> str:
    """Return a text by which the cell is drawn that begins so."""
    texts = (str(number) for number in range(1000))
    return next(
        text
        for text in texts
        if drawn_cells(Store(folder), count=1, pick=text)[0].startswith(begin)
    )


def reviewed(command, folder: Path, *options: str):
    done = command("review", str(folder), *options, cwd=folder.parent)
    assert done.returncode in {0, 6}, done.stderr
    return done.returncode, done.stdout


def test_a_good_contribution_is_accepted(given, command):
    pick = drawing(given, "adapt-plain")

    assert reviewed(command, given, "--pick", pick) == (0, f"{given}: accepted\n")


@pytest.mark.parametrize("tolerance", ["0", "0.5"])
def test_a_forged_score_with_a_seal_that_fits_is_refused_when_its_cell_is_drawn(
    given, command, tolerance
):
    cell = "adapt-plain-embedded-grammar"
    path = result_of(given, cell)
    scores = json.loads(Path(path).read_text())["scores"]
    edited(path, scores=dict.fromkeys(scores, 0.25))
    options = ("--pick", drawing(given, cell), "--tolerance", tolerance)
    code, said = reviewed(command, given, *options)

    assert code == 6
    assert f"refused: {Path(path).parent.name}: " in said
    for name, score in scores.items():
        assert f"{name} 0.2500 is recorded, {score:.4f} comes out" in said


def test_a_forged_score_whose_seal_does_not_fit_is_refused(given, command):
    path = Path(result_of(given, "adapt-plain-embedded-grammar"))
    path.write_text(path.read_text().replace('"scores"', '"scores" ', 1))
    code, said = reviewed(command, given, "--rerun", "0")

    assert code == 6
    assert f"refused: cells/{path.parent.name}/result.json: damaged: " in said


def test_a_changed_setting_is_refused_with_its_name(given, command):
    path = given / "resolved.toml"
    text = path.read_text()
    assert "epochs = 0.1" in text
    path.write_text(text.replace("epochs = 0.1", "epochs = 0.2"))
    run = json.loads((given / "run.json").read_text())
    texts = run["texts"] | {path.name: hashlib.sha256(path.read_bytes()).hexdigest()}
    edited(str(given / "run.json"), texts=texts)
    code, said = reviewed(command, given, "--rerun", "0")

    assert code == 6
    reasons = said.splitlines()
    assert len(reasons) == len(list(given.glob("cells/adapt-*")))
    for reason in reasons:
        assert re.search(r"is not its key with these settings: finetune\.steps \d+ → \d+$", reason)


def test_a_foreign_key_is_refused(given, command):
    uses = json.loads((given / "run.json").read_text())["uses"]
    plain, reptile = (next(use for use in uses if use["method"] == m) for m in ("Plain", "Reptile"))
    swapped = [use | {"key": reptile["key"], "cell": reptile["cell"]} if use is plain else use
               for use in uses]  # fmt: skip
    edited(str(given / "run.json"), uses=swapped)
    code, said = reviewed(command, given, "--rerun", "0")

    assert code == 6
    assert f"run.json: '{reptile['key'][:8]}' is not the key of 'Plain' on " in said


def test_a_cell_of_another_benchmark_is_refused(given, command):
    cell = Path(result_of(given, "adapt-plain-embedded-grammar")).parent
    key = hashlib.sha256(b"another").hexdigest()
    other = cell.with_name(f"{cell.name[:-8]}{key[:8]}")
    shutil.copytree(cell, other)
    for name in ("cell.json", "result.json"):
        edited(str(other / name), key=key)
    code, said = reviewed(command, given, "--rerun", "0")

    assert code == 6
    assert f"refused: {other.name}: {key[:8]!r} is not its key with these settings" in said
