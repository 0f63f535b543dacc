"""A run folder made by hand: two targets, a transfer task, three methods, three seeds."""

from __future__ import annotations

import hashlib

import pytest

from metabench.results.records import (
    ColumnNote,
    Failure,
    Provenance,
    Result,
    RunNote,
    UseNote,
)
from metabench.results.store import Store

SEEDS = (0, 1, 2)
PROVENANCE = Provenance(metabench="0", python="3")
SCORES = {
    ("BERT", "rte"): (0.50, 0.52, 0.54),
    ("Joint", "rte"): (0.60, 0.61, 0.62),
    ("Reptile", "rte"): (0.55, 0.60, 0.65),
    ("BERT", "mrpc"): (0.70, 0.70, 0.70),
    ("Joint", "mrpc"): (0.71, 0.73, 0.72),
    ("Reptile", "mrpc"): (0.70, None, 0.74),
    ("BERT", "scitail"): (0.40, 0.41, 0.42),
    ("Joint", "scitail"): (0.45, 0.44, 0.46),
    ("Reptile", "scitail"): (None, None, None),
}
FAILED = {("Reptile", "mrpc", 1): "diverged"}
COLLAPSED = {("BERT", "mrpc", 0), ("BERT", "mrpc", 2)}


def column(name, title, role="target", **fields):
    return ColumnNote(
        name=name,
        task=name,
        title=title,
        role=role,
        metric="accuracy",
        metric_title="accuracy",
        **fields,
    )


COLUMNS = (
    column("rte", "RTE"),
    column("mrpc", "MRPC"),
    column("scitail", "SciTail", "transfer", label="0.1 % = 24 rows"),
)


def use(method, task, seed, **fields):
    name = f"{method}-{task}-{seed}".lower()
    key = hashlib.sha256(name.encode()).hexdigest()
    return UseNote(
        method=method,
        column=task,
        meta_seed=seed,
        finetune_seed=0,
        cell=f"{name}-{key[:8]}",
        key=key,
        **fields,
    )


def commit(store, planned):
    place = (planned.method, planned.column)
    score = SCORES[place][planned.meta_seed]
    fields = {"kind": "adapt", "name": planned.cell[:-9], "key": planned.key}
    if score is not None:
        result = Result(
            **fields,
            scores={"accuracy": score},
            primary="accuracy",
            collapsed=(*place, planned.meta_seed) in COLLAPSED,
            wall_seconds=1.0,
            provenance=PROVENANCE,
        )
        store.commit_result(planned.cell, result)
    elif (*place, planned.meta_seed) in FAILED:
        failure = Failure(
            **fields,
            status=FAILED[*place, planned.meta_seed],
            message="the loss is not finite",
            provenance=PROVENANCE,
        )
        store.commit_failure(planned.cell, failure)


def _make_run(folder, *, name="demo", smoke=False, notes=(), columns=COLUMNS, methods=None):
    store = Store(folder)
    uses = tuple(use(method, task, seed) for method, task in SCORES for seed in SEEDS)
    store.commit_run(
        "text",
        "resolved",
        RunNote(
            name=name,
            smoke=smoke,
            methods=methods or ("BERT", "Joint", "Reptile"),
            columns=columns,
            uses=uses,
            baselines=("BERT",),
            notes=notes,
        ),
    )
    for planned in uses:
        commit(store, planned)
    return store


@pytest.fixture
def make_run(tmp_path):
    """Return the function that makes such a folder, called ``name``, and returns its store."""

    def make(name="demo", **fields):
        return _make_run(tmp_path / "runs" / fields.pop("folder", name), name=name, **fields)

    return make


@pytest.fixture
def provenance():
    """Return where made-up numbers come from."""
    return PROVENANCE
