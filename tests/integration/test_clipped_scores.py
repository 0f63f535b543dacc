"""Predictions beyond the bounds of a task's labels are scored as the bounds, now and later."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from metabench.cli.main import main

PLUGIN = """
from metabench.api import GeneratedSource, TaskCard, hookimpl

METABENCH_API = 1


def rows(task, split):
    numbers = range(24) if split == "train" else range(24, 40)
    return {
        "text": [f"word {number} of {number % 5}" for number in numbers],
        "label": [0.25 * (number % 5) for number in numbers],
    }


@hookimpl
def metabench_tasks():
    return [TaskCard(
        name="toy/close", title="Close", source=GeneratedSource(target=f"{__name__}:rows"),
        text=("text",), metrics=("pearson",), bounds=(0.0, 1e-3), splits={"train": 24, "dev": 16},
        scored="dev", summary="A number.", licence="none", citation="nobody", generated=True,
    )]
"""
BENCHMARK = """\
schema = 1
name = "close"
model = { id = "embedded/encoder", weights = "random", max_length = 16 }
tasks = { target = ["toy/close"] }
finetune = { epochs = 1, optimizer = { lr = 1e-3 } }
[[methods]]
id = "Plain"
algorithm = "finetune"
"""


def test_scores_are_of_clipped_predictions_in_the_run_and_when_scored_again(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "close.toml").write_text(BENCHMARK)
    (tmp_path / "close_task.py").write_text(PLUGIN)

    assert main(["run", "close.toml", "--plugin-file", "close_task.py"]) == 0

    (file,) = tmp_path.glob("runs/close/cells/adapt-*/result.json")
    table = pq.read_table(file.with_name("predictions.parquet"))
    labels, found = (table[name].to_numpy() for name in ("label", "prediction"))
    clipped = np.corrcoef(labels, found.clip(0, 1e-3))[0, 1]
    recorded = json.loads(file.read_text())["scores"]["pearson"]
    assert recorded == pytest.approx(clipped, abs=1e-6)
    assert abs(clipped - np.corrcoef(labels, found)[0, 1]) > 1e-3

    capsys.readouterr()
    assert main(["score", "close", "--plugin-file", "close_task.py", "--json"]) == 0
    (cell,) = json.loads(capsys.readouterr().out)["cells"]
    assert cell["now"] == {"pearson": recorded}

    more = PLUGIN.replace('("pearson",)', '("pearson", "spearman")')
    (tmp_path / "close_task.py").write_text(more)
    assert main(["run", "close.toml", "--plugin-file", "close_task.py"]) == 0
    assert "1 ok" in capsys.readouterr().err  # from the predictions
    results = [json.loads(path.read_text()) for path in tmp_path.glob("**/adapt-*/result.json")]
    (again,) = (result for result in results if "spearman" in result["scores"])
    assert again["rescoring"]["before"] == {"pearson": recorded}
    assert again["scores"]["pearson"] == recorded
