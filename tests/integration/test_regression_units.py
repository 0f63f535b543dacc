"""A regression of one's own scores the same in any unit, and predicts in that of its file."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from kit.benchmark import PLAIN, REVIEWS, SHORT, benchmark

STARS = REVIEWS | {"kind": "regression", "metrics": ["pearson", "spearman"]}
UNITS = {"stars": (1, 0), "price": (100_000, 200_000), "share": (0.001, 0), "kelvin": (1.8, 270)}


def write(folder, name, factor, offset, **more):
    for part, rows in (("train", 40), ("dev", 24)):
        lines = [
            f"{'the kind fox' if row % 4 else 'a dog'} helps {row},{(row % 4) * factor + offset}"
            for row in range(rows)
        ]
        (folder / f"{name}_{part}.csv").write_text("sentence,label\n" + "\n".join(lines) + "\n")
    task = STARS | {"train": f"{name}_train.csv", "scored": f"{name}_dev.csv"} | more
    text = benchmark(
        name, PLAIN, model=SHORT, tasks={"target": ["my/reviews"], "define": [task]},
        finetune={"epochs": 8, "batch_size": 8, "optimizer": {"lr": 5e-3}},
    )  # fmt: skip
    (folder / f"{name}.toml").write_text(text)


def result(folder, name):
    (path,) = (folder / "runs" / name / "cells").glob("adapt-*/result.json")
    return json.loads(path.read_text()), pq.read_table(path.parent / "predictions.parquet")


def test_the_score_is_the_same_in_four_units_and_predictions_are_in_each(command, tmp_path):
    found = {}
    for name, (factor, offset) in UNITS.items():
        write(tmp_path, name, factor, offset)
        command("run", f"{name}.toml", cwd=tmp_path)
        found[name] = result(tmp_path, name)
    scores, stars = found["stars"][0]["scores"], found["stars"][1]

    for name, (factor, offset) in UNITS.items():
        record, predictions = found[name]
        assert record["scores"]["pearson"] == pytest.approx(scores["pearson"], abs=1e-6)
        assert record["scores"]["spearman"] == pytest.approx(scores["spearman"], abs=1e-6)
        expected = stars["prediction"].to_numpy() * factor + offset
        assert predictions["prediction"].to_numpy() == pytest.approx(expected, rel=1e-4)
        assert record["standardised"]["mean"] == pytest.approx(1.5 * factor + offset)
    assert scores["pearson"] > 0.1  # it does not predict one number


def test_an_old_run_of_a_regression_is_stale_with_that_reason(command, tmp_path):
    write(tmp_path, "stars", 1, 0, standardise=False)
    command("run", "stars.toml", cwd=tmp_path)
    assert result(tmp_path, "stars")[0]["standardised"] == {}

    write(tmp_path, "stars", 1, 0)
    shown = command("run", "stars.toml", "--dry-run", cwd=tmp_path)

    assert "whether targets of the task are standardised changed" in shown.stdout
