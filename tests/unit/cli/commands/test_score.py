"""Laws of `metabench score`: the numbers of the cards' metrics, from what was saved."""

import hashlib
import json
import subprocess
import sys

import pytest

from metabench.cli.main import main
from metabench.plugin.catalog import load_catalog
from metabench.session.cell.predictions import parquet
from metabench.store.records.cell import FileNote, Result, RunNote, UseNote
from metabench.store.records.run import ColumnNote
from metabench.store.run_folder import Store

KEY = "a" * 64
CELL = f"adapt-{KEY[:8]}"


@pytest.fixture
def store(tmp_path, monkeypatch, provenance):
    """Return a run of one cell of MRPC, whose record says accuracy 0.25 and no F1."""
    import numpy as np

    monkeypatch.chdir(tmp_path)
    card = load_catalog().task("glue/mrpc").value
    store = Store(tmp_path / "runs" / "demo")
    column = ColumnNote(
        name=card.name, task=card.name, title="MRPC", role="target", metric=card.primary,
        metric_title=card.primary,
    )  # fmt: skip
    use = UseNote(method="A", column=card.name, meta_seed=0, finetune_seed=0, cell=CELL, key=KEY)
    note = RunNote(name="demo", methods=("A",), columns=(column,), uses=(use,))
    store.commit_run("", "", note)
    # Predicted: 1 1 0 1; three of four are right; precision 2/3, recall 1.
    outputs = np.array([[0, 1], [0, 1], [1, 0], [0, 1]], dtype=np.float32)
    data = parquet(card, np.array([1, 1, 0, 0]), outputs)
    store.cell_folder(CELL).mkdir(parents=True)
    (store.cell_folder(CELL) / "predictions.parquet").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    result = Result(
        kind="adapt", name="adapt", key=KEY, scores={card.primary: 0.25}, primary=card.primary,
        wall_seconds=1, provenance=provenance,
        files=(FileNote(path="predictions.parquet", bytes=len(data), sha256=sha256),),
    )  # fmt: skip
    store.commit_result(CELL, result)
    return store


def test_scores_are_shown_beside_those_that_were_saved_and_nothing_is_written(store, capsys):
    before = (store.cell_folder(CELL) / "result.json").read_bytes()

    assert main(["score", "demo"]) == 0
    captured = capsys.readouterr()
    assert [line.split() for line in captured.out.splitlines()[1:]] == [
        ["adapt", "accuracy", "0.2500", "0.7500", "*"],
        ["adapt", "f1", "-", "0.8000", "*"],
    ]
    assert captured.err == "1 cell scored, 1 changed (not written; --write does)\n"
    assert (store.cell_folder(CELL) / "result.json").read_bytes() == before


def test_written_scores_say_what_was_there_before(store, capsys):
    saved = store.result(CELL)

    assert main(["score", "demo", "--write"]) == 0
    assert main(["score", "demo", "--json"]) == 0
    out = capsys.readouterr().out
    (cell,) = json.loads(out[out.index("{\n") :])["cells"]
    result = store.result(CELL)

    assert result.scores == pytest.approx({"accuracy": 0.75, "f1": 0.8})
    assert result.rescoring.before == saved.scores
    assert result.rescoring.command == ("metabench", "score", "demo", "--write")
    assert (result.provenance, result.files) == (saved.provenance, saved.files)
    assert cell["changed"] is False


def test_predictions_that_are_not_those_of_the_record_exit_with_4(store, capsys):
    path = store.cell_folder(CELL) / "predictions.parquet"
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)

    assert main(["score", "demo", "--write"]) == 4
    assert "is missing or damaged" in capsys.readouterr().err
    assert store.result(CELL).rescoring is None


def test_while_somebody_works_on_the_run_nothing_is_written(store, capsys):
    with store.lock():
        assert main(["score", "demo"]) == 0
        assert main(["score", "demo", "--write"]) == 4
    assert "another process works on this run" in capsys.readouterr().err


def test_scoring_loads_no_torch(store):
    program = (
        "import sys; from metabench.cli.main import main;"
        "assert main(['score', 'demo']) == 0; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert not {"torch", "transformers", "datasets"} & set(done.stdout.split())
