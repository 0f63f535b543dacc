"""Differences have a second interval where the predictions behind them are there."""

import hashlib
import io
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metabench.leaderboard.build import build_leaderboard
from metabench.leaderboard.crossed import with_crossed_intervals
from metabench.leaderboard.statistics.crossed import crossed_half_width
from metabench.results.collect import collect
from metabench.seeding import Stream
from metabench.store.records.cell import FileNote

METRICS = {"accuracy": {"target": "metabench.metrics.scores:accuracy", "source": ""}}
SEEDS, EXAMPLES = 4, 60


def parquet(labels, predicted):
    buffer = io.BytesIO()
    columns = {"row": np.arange(len(labels)), "label": labels, "prediction": predicted}
    columns |= {f"output: {k}": (predicted == k).astype(float) for k in (0, 1)}
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def study(make_study):
    """Return the function that makes a run of two methods, and which predictions are right."""

    def make(metrics=METRICS, without=()):
        draw = Stream.root(1).child("study").numpy()
        right, files, scores = {}, {}, {}
        for task in "xy":
            labels = draw.integers(0, 2, EXAMPLES)
            for method, level in (("BERT", 0.6), ("Joint", 0.8)):
                right[method, task] = draw.random((SEEDS, EXAMPLES)) < level
                scores[method, task] = {}
                for seed in range(SEEDS):
                    data = parquet(labels, np.where(right[method, task][seed], labels, 1 - labels))
                    files[f"adapt-{method}-{task}-s{seed}".lower()] = data
                    note = FileNote(
                        path="predictions.parquet",
                        bytes=len(data),
                        sha256=hashlib.sha256(data).hexdigest(),
                    )
                    scores[method, task][seed] = {
                        "scores": {"accuracy": float(right[method, task][seed].mean())},
                        "files": (note,) * ((method, task, seed) not in without),
                        "scored_rows": EXAMPLES,
                    }
        notes = {method: {"metrics": metrics} for method in ("BERT", "Joint")}
        store = make_study(scores, notes=notes)
        for name in store.names():
            (store.cell_folder(name) / "predictions.parquet").write_bytes(files[name[:-9]])
        return store, {key: each.astype(float) for key, each in right.items()}

    return make


def crossed(store):
    collected = collect(store)
    board = with_crossed_intervals(build_leaderboard(collected), [store], collected)
    return {
        column.name: score.differences[0]
        for column, score in zip(board.columns, board.rows[1].scores, strict=True)
    }


def test_the_interval_is_that_of_the_paired_pseudo_values(study):
    store, right = study()
    found = crossed(store)["x"]
    half = crossed_half_width([right["Joint", "x"] - right["BERT", "x"]], alpha=0.05)

    assert found.crossed == pytest.approx((found.mean - half, found.mean + half))
    assert found.crossed[0] < found.interval[0] < found.interval[1] < found.crossed[1]


def test_that_of_the_average_takes_the_examples_of_all_targets(study):
    store, right = study()
    found = crossed(store)["average"]
    tasks = [right["Joint", task] - right["BERT", task] for task in "xy"]
    half = crossed_half_width(tasks, alpha=0.05)

    assert found.crossed == pytest.approx((found.mean - half, found.mean + half))


def test_predictions_that_are_not_there_leave_that_column_and_the_average_without_one(study):
    store, _ = study(without={("Joint", "x", 2)})
    found = crossed(store)

    assert found["x"].crossed is None is found["average"].crossed
    assert found["y"].crossed is not None


def test_the_metric_of_a_plugin_is_not_loaded(study):
    store, _ = study({"accuracy": {"target": "os:system", "source": ""}})

    assert all(found.crossed is None for found in crossed(store).values())


def test_nothing_else_of_the_leaderboard_changes(study):
    store, _ = study()
    collected = collect(store)
    board = build_leaderboard(collected)
    found = with_crossed_intervals(board, [store], collected)

    assert replace(found, rows=board.rows, explanation=board.explanation) == board
    assert found.explanation.startswith(board.explanation)
    assert "the difference to BERT on the average are: Joint " in found.explanation
    assert [row.scores[0].mean for row in found.rows] == [row.scores[0].mean for row in board.rows]


@pytest.mark.parametrize(
    "target",
    [
        "metabench.metrics.compute:importlib",
        "metabench.metrics.compute:clipped",
        "metabench.metrics.scores:matthews",
        "metabench.metrics.nowhere:accuracy",
        "metabench.metrics.scores",
    ],
)
def test_a_record_names_no_code_but_a_metric_that_fits(study, target):
    """A run folder may be third-party: what its ``cell.json`` names is no reason to call it."""
    store, _ = study({"accuracy": {"target": target, "source": ""}})

    assert all(difference.crossed is None for difference in crossed(store).values())
