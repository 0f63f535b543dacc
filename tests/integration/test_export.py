"""What is exported predicts what was recorded, in a plain script that knows no metabench."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from kit.benchmark import PLAIN, REPTILE, benchmark

from metabench.data.rows import load_texts
from metabench.plugin.catalog import load_catalog
from metabench.store.records.seal import sealed
from metabench.tasks.hub import Hub

MIRROR = os.environ.get("METABENCH_HUB", "")
with_mirror = pytest.mark.skipif(not MIRROR, reason="METABENCH_HUB names no mirror of the hub")

# The learner pads to eights and batches rows by length, a script to the longest of neighbours, so
# sums run in another order: a few units in the last place of float32, times the depth.
TOLERANCE = 1e-5

FILE = benchmark(
    "{pooling}",
    REPTILE,
    model={"pooling": "{pooling}"},
    tasks={"target": ["embedded/entailment", "embedded/similarity"]},
    meta={"steps": 3},
    finetune={"epochs": 0.3, "optimizer": {"lr": 1e-3}},
    seeds={"meta": [5]},
)
L3 = {"id": "sentence-transformers/paraphrase-MiniLM-L3-v2", "weights": "pretrained"}
REAL = benchmark(
    "real",
    PLAIN,
    model=L3 | {"pooling": "{pooling}", "max_length": 64},
    tasks={"target": ["glue/mrpc"]},
    finetune={"epochs": 0.01, "min_steps": 2, "batch_size": 8},
)
PLAIN_SCRIPT = """
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder, rows = sys.argv[1], [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
for start in range(0, len(rows), 50):
    texts = map(list, zip(*rows[start : start + 50]))
    encoded = tokenizer(*texts, truncation=True, padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model(**encoded).logits
    for row in logits:
        label = model.config.id2label[int(row.argmax())] if len(row) > 1 else float(row[0])
        print(json.dumps({"prediction": label, "outputs": row.tolist()}))
assert "metabench" not in sys.modules
"""


def predict(program: list[str], folder: Path) -> list[dict[str, object]]:
    """Run a script away from the project, without a network; return what it says of each row."""
    done = subprocess.run(
        [sys.executable, *program],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def recorded(cell: Path, labels: tuple[str, ...]) -> tuple[list[object], list[list[float]]]:
    """Return the predictions of a cell, classes by name, and its outputs."""
    table = pq.read_table(cell / "predictions.parquet").to_pydict()
    if not labels:
        return table["prediction"], [[number] for number in table["prediction"]]
    columns = [table[f"output: {label}"] for label in labels]
    return [labels[number] for number in table["prediction"]], list(
        map(list, zip(*columns, strict=True))
    )


def check(said: list[dict[str, object]], cell: Path, labels: tuple[str, ...]) -> None:
    """Check that a script's answers are the recorded ones, row for row."""
    predictions, outputs = recorded(cell, labels)
    assert len(said) == len(outputs) > 100
    for answer, output in zip(said, outputs, strict=True):
        assert answer["outputs"] == pytest.approx(output, abs=TOLERANCE)
    if labels:
        assert [answer["prediction"] for answer in said] == predictions


def write_rows(task: str, split: str, path: Path, hub: Hub) -> tuple[str, ...]:
    """Write the texts of a split for a script; return the task's labels."""
    card = load_catalog().task(task).value
    rows = zip(*load_texts(card, split, hub=hub), strict=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return card.labels


@pytest.fixture(scope="module")
def run_of(tmp_path_factory, command):
    """Returns the folder in which a benchmark was run with a pooling, each of them run once."""
    folders: dict[tuple[str, str], Path] = {}

    def folder_of(pooling: str, text: str = FILE) -> Path:
        if (pooling, text) not in folders:
            folder = folders[pooling, text] = tmp_path_factory.mktemp(pooling)
            (folder / "bench.toml").write_text(text.replace("{pooling}", pooling))
            (folder / "plain.py").write_text(PLAIN_SCRIPT)
            mirror = {"METABENCH_HUB": MIRROR} if text == REAL else {}
            done = command("run", "bench.toml", cwd=folder, **mirror)
            assert done.returncode == 0, done.stderr
        return folders[pooling, text]

    return folder_of


@pytest.fixture
def mean(run_of):
    """A folder in which both tasks were run with the mean of the states; not to be written to."""
    return run_of("mean")


@pytest.mark.parametrize("task", ["entailment", "similarity"])
@pytest.mark.parametrize("pooling", ["pooler", "mean"])
def test_an_exported_model_predicts_what_was_recorded_row_for_row(
    pooling, task, run_of, tmp_path, command
):
    folder = run_of(pooling)
    (cell,) = folder.glob(f"runs/*/cells/adapt-*-{task}-*")
    before = {path: path.read_bytes() for path in cell.iterdir()}
    labels = write_rows(f"embedded/{task}", "validation", tmp_path / "rows.jsonl", Hub())

    done = command("export", "model", cell.name, str(tmp_path / "model"), cwd=folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'model'}\n"
    assert "its predictions are bit-identical to those recorded" in done.stderr
    assert {path: path.read_bytes() for path in cell.iterdir()} == before
    script = {
        "pooler": [str(folder / "plain.py"), "model"],
        "mean": [str(Path("model", "predict.py"))],
    }[pooling]
    check(predict([*script, "rows.jsonl"], tmp_path), cell, labels)
    held = {path.name for path in (tmp_path / "model").iterdir()}
    assert ("predict.py" in held) == (pooling == "mean")
    for path in (tmp_path / "model").iterdir():
        assert str(folder).encode() not in path.read_bytes()


def test_an_export_again_gives_the_same_bytes(mean, tmp_path, command):
    (cell,) = mean.glob("runs/*/cells/adapt-*-entailment-*")

    written = []
    for _ in range(2):
        done = command(
            "export", "model", cell.name[-8:], str(tmp_path / "model"), "--force", cwd=mean
        )
        assert done.returncode == 0, done.stderr
        written.append({path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()})

    assert written[0] == written[1]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_cannot_be_exported_is_refused_in_one_sentence(mean, tmp_path, command):
    (meta,) = mean.glob("runs/*/cells/meta-*")
    (cell,) = mean.glob("runs/*/cells/adapt-*-entailment-*")
    target = tmp_path / "model"

    refused = command("export", "model", meta.name, str(target), cwd=mean)
    assert refused.returncode == 2
    assert "is a meta cell, which has no classifier" in refused.stderr

    refused = command("export", "model", "adapt-reptil-embedded-entailment-s5-f0", str(target),
                      cwd=mean)  # fmt: skip
    assert refused.returncode == 5
    assert "did you mean 'adapt-reptile-embedded-entailment-s5-f0'?" in refused.stderr

    refused = command("export", "model", cell.name, str(mean), cwd=mean)
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    assert not target.exists()


def test_damaged_predictions_are_not_exported(mean, tmp_path, command):
    shutil.copytree(mean / "runs", tmp_path / "runs")
    (cell,) = tmp_path.glob("runs/*/cells/adapt-*-entailment-*")
    data = bytearray((cell / "predictions.parquet").read_bytes())
    data[20] ^= 1
    (cell / "predictions.parquet").write_bytes(data)

    refused = command("export", "model", cell.name, "model", cwd=tmp_path)

    assert refused.returncode == 4
    assert "is missing or damaged" in refused.stderr
    assert not (tmp_path / "model").exists()


def test_other_predictions_than_recorded_are_said_with_what_differs(mean, tmp_path, command):
    """A record of other outputs, made elsewhere: what the export says of it is its difference."""
    shutil.copytree(mean / "runs", tmp_path / "runs")
    (cell,) = tmp_path.glob("runs/*/cells/adapt-*-similarity-*")
    forge(cell)

    done = command("export", "model", cell.name, "model", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "warning: adapt-reptile-embedded-similarity-s5-f0: its outputs differ" in done.stderr
    assert "by up to 0.5" in done.stderr
    assert "processor a quantum computer → " in done.stderr
    assert "by up to 0.5" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


def forge(cell: Path) -> None:
    """Add 0.5 to the first recorded prediction, as if another machine had made it."""
    import hashlib

    table = pq.read_table(cell / "predictions.parquet")
    numbers = table.column("prediction").to_numpy().copy()
    numbers[0] += 0.5
    place = table.column_names.index("prediction")
    pq.write_table(table.set_column(place, "prediction", [numbers]), cell / "predictions.parquet")
    data = (cell / "predictions.parquet").read_bytes()
    result = json.loads((cell / "result.json").read_text())
    (note,) = result["files"]
    note |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    result["provenance"]["processor"] = "a quantum computer"
    del result["sha256"]
    (cell / "result.json").write_bytes(sealed(json.dumps(result, indent=2).encode() + b"\n"))


@with_mirror
@pytest.mark.parametrize("pooling", ["mean", "pooler"])
def test_a_model_of_real_rows_predicts_what_was_recorded(pooling, run_of, tmp_path, command):
    folder = run_of(pooling, REAL)
    (cell,) = folder.glob("runs/real/cells/adapt-*")
    labels = write_rows("glue/mrpc", "validation", tmp_path / "rows.jsonl", Hub(Path(MIRROR)))

    done = command(
        "export", "model", cell.name, str(tmp_path / "model"), cwd=folder, METABENCH_HUB=MIRROR
    )

    assert done.returncode == 0, done.stderr
    script = {"pooler": [str(folder / "plain.py"), "model"], "mean": ["model/predict.py"]}[pooling]
    check(predict([*script, "rows.jsonl"], tmp_path), cell, labels)
    assert MIRROR not in (tmp_path / "model" / "config.json").read_text()


@with_mirror
def test_a_submission_has_all_files_of_the_site_and_equal_bytes(run_of, tmp_path, command):
    folder = run_of("mean", REAL)
    glue = ("export", "glue", "real", "--method", "Plain")

    done = command(*glue, "-o", str(tmp_path / "one.zip"), cwd=folder, METABENCH_HUB=MIRROR)
    command(*glue, "-o", str(tmp_path / "two.zip"), cwd=folder, METABENCH_HUB=MIRROR)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as zipped:
        sizes = {name: len(zipped.read(name).splitlines()) - 1 for name in zipped.namelist()}
        mrpc = zipped.read("MRPC.tsv").decode().splitlines()
    assert sizes == {
        "AX.tsv": 1104, "CoLA.tsv": 1063, "MNLI-m.tsv": 9796, "MNLI-mm.tsv": 9847,
        "MRPC.tsv": 1725, "QNLI.tsv": 5463, "QQP.tsv": 390_965, "RTE.tsv": 3000,
        "SST-2.tsv": 1821, "STS-B.tsv": 1379, "WNLI.tsv": 146,
    }  # fmt: skip
    assert mrpc[0] == "index\tprediction"
    assert [line.split("\t")[0] for line in mrpc[1:]] == [str(row) for row in range(1725)]
    assert {line.split("\t")[1] for line in mrpc[1:]} <= {"0", "1"}
    assert "FILLED: WNLI.tsv" in done.stderr
    assert "FILLED: MRPC.tsv" not in done.stderr


@with_mirror
def test_rows_with_labels_are_exported_as_they_were_recorded(run_of, tmp_path, command):
    folder = run_of("mean", REAL)
    (cell,) = folder.glob("runs/real/cells/adapt-*")

    done = command("export", "glue", "real", "--method", "Plain", "--split", "validation",
                   "-o", str(tmp_path / "check.zip"), cwd=folder, METABENCH_HUB=MIRROR)  # fmt: skip

    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "check.zip") as zipped:
        assert zipped.namelist() == ["MRPC.tsv"]
        lines = zipped.read("MRPC.tsv").decode().splitlines()[1:]
    numbers = pq.read_table(cell / "predictions.parquet").column("prediction").to_pylist()
    assert lines == [f"{row}\t{number}" for row, number in enumerate(numbers)]
