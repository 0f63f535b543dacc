"""A run folder made by hand: two targets, a transfer task, three methods, three seeds."""

from __future__ import annotations

import hashlib
import io
import os
import re

import pytest

from metabench.cli.main import main
from metabench.seeding import Stream
from metabench.store.records.cell import (
    CellNote,
    ColumnNote,
    Failure,
    FileNote,
    Provenance,
    Result,
    RunNote,
    UseNote,
)
from metabench.store.records.published import PublishedColumnNote, PublishedNote, PublishedRowNote
from metabench.store.records.run import PlannedCell
from metabench.store.run_folder import Store

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


@pytest.fixture(scope="session", autouse=True)
def unsynced():
    """Have nothing here wait for a disk; what outlives a power cut is shown in tests/faults."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", os.fstat)  # refuses what is no open file, too
        yield


@pytest.fixture
def make_run(tmp_path):
    """Return the function that makes such a folder, called ``name``, and returns its store."""

    def make(name="demo", **fields):
        return _make_run(tmp_path / "runs" / fields.pop("folder", name), name=name, **fields)

    return make


@pytest.fixture
def shown(make_run, monkeypatch, capsys):
    """Compare a run with options and return exit code, stdout and stderr."""
    monkeypatch.chdir(make_run().folder.parent.parent)

    def compare(*options):
        code = main(["compare", *options])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return compare


@pytest.fixture
def provenance():
    """Return where made-up numbers come from."""
    return PROVENANCE


def _cell(name, kind, needs=()):
    key = hashlib.sha256(name.encode()).hexdigest()
    plain = re.sub(r"[^a-z0-9.=@-]+", "-", name)
    return PlannedCell(cell=f"{plain}-{key[:8]}", key=key, kind=kind, needs=needs)


def _make_study(store, scores, *, roles=None, start=None, facts=None, notes=None, **note):
    """Write a run of which each method starts from a meta cell of its seed.

    Args:
        store: the run folder.
        scores: by (method, column), by meta seed: a number, fields of a result, a status, None.
        roles: role of a column, where it is no target.
        start: by method, fields of the result of its meta cells; a status where they failed.
        facts: by method, fields of the provenance of its cells.
        notes: by method, what the inputs of its cells hold besides the seeds.
        note: further fields of the run's note.
    """
    cells, uses = {}, []
    for (method, task), seeds in scores.items():
        for seed, score in seeds.items():
            needs = ()
            if method in (start or {}):
                meta = _cell(f"meta-{method}-s{seed}".lower(), "meta")
                cells[meta.key] = meta
                needs = (meta.key,)
                _commit_cell(store, meta, start[method], method, seed, (facts, notes))
            adapt = _cell(f"adapt-{method}-{task}-s{seed}".lower(), "adapt", needs)
            cells[adapt.key] = adapt
            fields = {"method": method, "column": task, "meta_seed": seed, "finetune_seed": 0}
            uses.append(UseNote(**fields, cell=adapt.cell, key=adapt.key))
            done = {"scores": {"accuracy": score}} if isinstance(score, float) else score
            _commit_cell(store, adapt, done, method, seed, (facts, notes))
    methods = tuple(dict.fromkeys(method for method, _ in scores))
    tasks = dict.fromkeys(task for _, task in scores)
    columns = tuple(column(task, task.upper(), (roles or {}).get(task, "target")) for task in tasks)
    fields = {"name": "study", "methods": methods, "columns": columns, "baselines": methods[:1]}
    fields |= {"uses": tuple(uses), "cells": tuple(cells.values())} | note
    store.commit_run("", "", RunNote(**fields))
    return store


def _commit_cell(store, cell, outcome, method, seed, known):
    facts, notes = known
    where = PROVENANCE.model_copy(update=(facts or {}).get(method, {}))
    fields = {"kind": cell.kind, "name": cell.cell[:-9], "key": cell.key}
    inputs = {"method": method, **(notes or {}).get(method, {})}
    inputs |= {"seed": seed} if cell.kind == "meta" else {"meta_seed": seed, "finetune_seed": 0}
    if cell.needs:
        inputs["initialisation"] = cell.needs[0]
    if outcome is not None:
        store.commit_note(cell.cell, CellNote(**fields, inputs=inputs, needs=cell.needs))
    if isinstance(outcome, str):
        failure = Failure(**fields, status=outcome, message="it went wrong", provenance=where)
        store.commit_failure(cell.cell, failure)
    elif outcome is not None:
        result = Result(**{"wall_seconds": 1.0, **fields, **outcome}, provenance=where)
        store.commit_result(cell.cell, result)


@pytest.fixture
def make_study(tmp_path):
    """Return the function that makes such a folder and returns its store."""

    def make(scores, folder="study", **fields):
        return _make_study(Store(tmp_path / "studies" / folder), scores, **fields)

    return make


ACCURACY = {"accuracy": {"target": "metabench.metrics.scores:accuracy", "source": ""}}
ROWS_PREDICTED = 60


def parquet(labels, predicted):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    columns = {"row": np.arange(len(labels)), "label": labels, "prediction": predicted}
    columns |= {f"output: {k}": (predicted == k).astype(float) for k in (0, 1)}
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def predicted(make_study):
    """Return the function that makes a run of two methods, and which predictions are right."""

    def make(metrics=ACCURACY, without=(), seeds=(0, 1, 2, 3)):
        import numpy as np

        draw = Stream.root(1).child("study").numpy()
        right, files, scores = {}, {}, {}
        for task in "xy":
            labels = draw.integers(0, 2, ROWS_PREDICTED)
            for method, level in (("BERT", 0.6), ("Joint", 0.8)):
                right[method, task] = draw.random((len(seeds), ROWS_PREDICTED)) < level
                scores[method, task] = {}
                for at, seed in enumerate(seeds):
                    data = parquet(labels, np.where(right[method, task][at], labels, 1 - labels))
                    files[f"adapt-{method}-{task}-s{seed}".lower()] = data
                    note = FileNote(
                        path="predictions.parquet",
                        bytes=len(data),
                        sha256=hashlib.sha256(data).hexdigest(),
                    )
                    scores[method, task][seed] = {
                        "scores": {"accuracy": float(right[method, task][at].mean())},
                        "files": (note,) * ((method, task, seed) not in without),
                        "scored_rows": ROWS_PREDICTED,
                    }
        notes = {method: {"metrics": metrics} for method in ("BERT", "Joint")}
        store = make_study(scores, notes=notes)
        for name in store.names():
            (store.cell_folder(name) / "predictions.parquet").write_bytes(files[name[:-9]])
        return store, {key: each.astype(float) for key, each in right.items()}

    return make


RTE = PublishedColumnNote(
    name="rte", title="R-T-E", metrics=("accuracy",), titles=("Accuracy",), scored="validation"
)
MRPC = PublishedColumnNote(
    name="mrpc", title="MRPC", metrics=("f1", "accuracy"), titles=("F1", "Accuracy"),
    scored="validation",
)  # fmt: skip
ROWS = (
    PublishedRowNote(
        method="MT-DNN", labels=("MT-DNN", "0"), ours="Joint",
        scores={"rte": (0.754,), "mrpc": (0.899, 0.863)},
    ),
    PublishedRowNote(
        method="BERT", labels=("BERT", "0"), ours="BERT", scores={"rte": (0.664,)}, seeds=5
    ),
    PublishedRowNote(method="MAML", labels=("MAML", "5"), ours="MAML"),
)  # fmt: skip


@pytest.fixture
def printed():
    """Return the function that makes a printed table: two columns, three rows, one number left."""

    def make(**changes):
        fields = {
            "short": "Them 2019",
            "citation": "Them 2019, A Paper",
            "table": "Table 1",
            "title": "Results",
            "split": "test",
            "note": "scored by a server",
            "stubs": ("Model", "k"),
            "columns": (RTE, MRPC),
            "rows": ROWS,
        }
        return PublishedNote(**fields | changes)

    return make


@pytest.fixture
def published_run(make_run, printed):
    """Return the function that makes a run with F1 too, and a published table next to its own."""

    def make(**changes):
        store = make_run()
        note = store.run().model_copy(update={"published": (printed(**changes),)})
        store.commit_run("", "", note)
        for use in note.uses:
            result = store.result(use.cell, key=use.key)
            if result is not None and use.column == "mrpc":
                scores = {**result.scores, "f1": result.scores["accuracy"] + 0.1}
                store.commit_result(use.cell, result.model_copy(update={"scores": scores}))
        return store

    return make
