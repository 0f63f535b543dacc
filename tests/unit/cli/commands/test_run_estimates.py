"""What `run --dry-run` says of time and memory, and what `run` refuses before it begins."""

import json
import resource
from pathlib import Path

import pytest
from kit.benchmark import BERT, SHORT, TWO_TARGETS, benchmark

from metabench.cli.main import main
from metabench.store.records.cell import Provenance, Result
from metabench.store.run_folder import Store
from metabench.tasks.hub import SHIPPED_ENCODER, Hub

TEXT = benchmark("tiny", BERT, model=SHORT, tasks=TWO_TARGETS, finetune={"epochs": 1})


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TEXT)
    return tmp_path


def encoder(folder, **changes):
    """Write the shipped encoder's configuration and tokenizer, with changes; return its folder."""
    folder.mkdir()
    shipped = Hub().model_folder(SHIPPED_ENCODER)
    for path in shipped.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    config = json.loads((shipped / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def dry_run(capsys, *arguments):
    assert main(["run", "tiny.toml", "--dry-run", "--json", *arguments]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    return run


def held_by_this_process():
    """Return the most bytes that the tests before have held, which an estimate begins at."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_every_cell_has_a_time_and_a_peak_of_memory(written, capsys):
    run = dry_run(capsys)

    for cell in run["cells"]:
        assert cell["seconds"] > 0
        assert cell["seconds_from"] == "probe"
        assert 64 * 2**20 < cell["memory_bytes"] < held_by_this_process() + 2**30
    assert any("probe" in note for note in run["notes"])
    assert [path.name for path in written.iterdir()] == ["tiny.toml"]


def test_the_whole_is_summed_up_in_one_line(written, capsys):
    assert main(["run", "tiny.toml", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()

    (line,) = [line for line in lines if line.startswith("time: about ")]
    assert "one cell after the other; memory: about " in line
    assert line.endswith("iB at most")


def test_cells_that_are_done_say_how_long_the_others_take(written, capsys):
    done, left = dry_run(capsys)["cells"]
    made = Provenance(metabench="0", python="3", device="cpu", precision="fp32", threads=1)
    store = Store(Path("runs/tiny"))
    fields = {"kind": "adapt", "name": done["name"], "key": done["key"]}
    store.commit_result(done["folder"], Result(**fields, wall_seconds=1000.0, provenance=made))

    run = dry_run(capsys)
    found = {cell["key"]: cell for cell in run["cells"]}
    assert found[done["key"]]["seconds"] == pytest.approx(1000.0)
    # Of 13 and 8 batches, the fewer are of longer rows, and more of those are scored.
    assert 300 < found[left["key"]]["seconds"] < 2000
    assert {cell["seconds_from"] for cell in run["cells"]} == {"measured"}
    assert run["notes"][0] == "times of adapt cells follow those that are done already"


def test_where_the_encoder_says_no_shape_counts_are_shown_and_why(written, capsys):
    folder = encoder(written / "odd", hidden_size="wide")
    run = dry_run(capsys, "--set", f"model.id={folder}")

    assert [cell["gradients"] for cell in run["cells"]] == [13, 8]
    assert {cell["memory_bytes"] for cell in run["cells"]} == {None}
    assert "its configuration does not give its shape" in run["notes"][0]


def test_a_batch_that_cannot_fit_is_refused_before_anything_is_written(written, capsys):
    folder = encoder(written / "deep", num_hidden_layers=50_000)
    absurd = ["--set", f"model.id={folder}", "--set", "finetune.batch_size=100000"]

    assert main(["run", "tiny.toml", *absurd]) == 4
    captured = capsys.readouterr()
    problem, hint = captured.err.splitlines()
    assert problem.startswith("error: cell adapt-bert-embedded-")
    assert " GiB of memory, and " in problem
    assert problem.endswith(" GiB in all")
    assert "finetune.batch_size" in hint or "smaller encoder" in hint
    assert captured.out == ""
    assert sorted(path.name for path in written.iterdir()) == ["deep", "tiny.toml"]
