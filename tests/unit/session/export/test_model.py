"""An export is tried before it gets its name, and the record is what it is tried against."""

from __future__ import annotations

import hashlib
import json

import pyarrow.parquet as pq
import pytest
from kit.benchmark import PLAIN, benchmark

from metabench.cli.inputs.run_folder import open_run
from metabench.cli.main import main
from metabench.errors import SetupError
from metabench.plugin import load_catalog
from metabench.session.export import model as module
from metabench.session.export.model import export_model
from metabench.session.replay.replay import replay
from metabench.store.records.seal import sealed

TEXT = benchmark("tiny", PLAIN, model={"pooling": "pooler"}, finetune={"epochs": 0.1})


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return the folder of a smoke run and that of its one cell."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TEXT)
    main(["run", "tiny.toml", "--smoke", "--device", "cpu"])
    (cell,) = tmp_path.glob("runs/tiny.smoke/cells/adapt-*")
    return tmp_path / "runs" / "tiny.smoke", cell


def opened(run):
    folder, cell = run
    found = open_run(folder, file=None, hub=None, catalog=load_catalog())
    planned, result = found.done(cell.name)
    return found, planned, result, found.context("auto", like=result)


def made(run):
    found, planned, result, context = opened(run)
    return found, context, replay(planned, result, context, emit=print)


def test_where_the_class_of_transformers_computes_otherwise_the_script_is_taken(
    run, tmp_path, monkeypatch
):
    found, context, refitted = made(run)
    real = module.classifier_outputs
    monkeypatch.setattr(module, "classifier_outputs", lambda *given: real(*given) + 1)
    note = found.store.run()

    exported = export_model(
        refitted, tmp_path / "model", context=context, catalog=found.catalog, note=note
    )

    assert exported.plain
    assert exported.largest <= 1e-5
    assert (tmp_path / "model" / "predict.py").is_file()
    assert "hardly trained" in (tmp_path / "model" / "README.md").read_text()


def test_an_export_that_computes_something_else_is_never_left_behind(run, tmp_path, monkeypatch):
    found, context, refitted = made(run)
    monkeypatch.setattr(module, "TOLERANCE", -1.0)
    before = set(tmp_path.iterdir())

    with pytest.raises(SetupError, match=r"the exported model computes something else"):
        export_model(
            refitted,
            tmp_path / "model",
            context=context,
            catalog=found.catalog,
            note=found.store.run(),
        )
    assert set(tmp_path.iterdir()) == before


def test_labels_that_are_not_those_of_the_rows_are_noticed(run):
    _, cell = run
    path = cell / "predictions.parquet"
    table = pq.read_table(path)
    turned = 1 - table.column("label").to_numpy()
    place = table.column_names.index("label")
    pq.write_table(table.set_column(place, "label", [turned]), path)
    result = json.loads((cell / "result.json").read_text())
    data = path.read_bytes()
    result["files"][0] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    del result["sha256"]
    (cell / "result.json").write_bytes(sealed(json.dumps(result, indent=2).encode() + b"\n"))
    _, planned, record, context = opened(run)

    with pytest.raises(SetupError, match=r"the labels of the scored rows are not those that were"):
        replay(planned, record, context, emit=print)
