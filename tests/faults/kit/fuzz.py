"""What is read from files, fed with mutants; ``python -m kit.fuzz 200000`` is the long run."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save

from kit.mutate import Mutator
from kit.subjects import NAME, commit_failure, commit_result
from metabench.api.task import DataFile, FileSource, HubSource, TaskCard
from metabench.errors import MetabenchError, SpecError
from metabench.plugin.catalog import load_catalog
from metabench.results.history import read_curves
from metabench.results.run_status import last_step
from metabench.seeding import Stream
from metabench.spec.reading.load import load_benchmark
from metabench.spec.reading.published import read_published
from metabench.store.folder import Folder
from metabench.store.records.cell import RunNote
from metabench.store.run_folder import Store
from metabench.tasks.definition import complete_card
from metabench.tasks.encoder import model_identity
from metabench.tasks.glue import GLUE
from metabench.tasks.hub import Hub
from metabench.tasks.identity import split_facts

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS", "Found", "fuzz"]

ROOT = Path(__file__).parents[3]
SLOWEST = 1.0
"""Seconds of processor time that an input may take."""


@dataclass
class Found:
    """What a run of fuzzing has seen."""

    inputs: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: float = 0.0


@dataclass(frozen=True)
class Target:
    """A reader: what it reads when all is well, and how it is called with a mutant.

    Args:
        share: part of all inputs.
        examples: good inputs.
        read: makes the function that reads one, given a folder that is empty.
    """

    share: float
    examples: Callable[[], list[bytes]]
    read: Callable[[Path], Callable[[bytes], object]]


def fuzz(name: str, folder: Path, count: int) -> Found:
    """Feed a reader with mutants.

    Raises:
        AssertionError: an error is none of ours, lacks its place or the way out, or took too long.
    """
    target = TARGETS[name]
    examples, read = target.examples(), target.read(folder)
    for example in examples:
        read(example)
    mutant, found = Mutator(Stream.root(0).child("fuzz", name).numpy(), examples), Found()
    started = time.process_time()
    for _ in range(count):
        data = mutant()
        before = time.process_time()
        found.refused += _refused(read, data)
        found.slowest = max(found.slowest, time.process_time() - before)
        assert found.slowest < SLOWEST, data[:2000]
    found.inputs, found.seconds = count, time.process_time() - started
    return found


def _refused(read: Callable[[bytes], object], data: bytes) -> bool:
    try:
        read(data)
    except SpecError as error:
        _require(bool(error.problems), data)
        _require(all(problem.file and problem.what for problem in error.problems), data)
    except MetabenchError as error:
        _require(bool(error.where or "'" in error.problem) and bool(error.hint), (error, data))
    except Exception as error:
        raise AssertionError(data) from error
    else:
        return False
    return True


def _require(held: bool, found: object) -> None:
    assert held, found


def _write(path: Path, data: bytes) -> None:
    """Write a file that nobody takes for the last one: clocks of file systems are coarse."""
    path.write_bytes(data)
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def _benchmarks() -> list[bytes]:
    paths = [*(ROOT / "benchmarks").glob("*.toml"), *(ROOT / "benchmarks/paper").glob("*.toml")]
    shipped = [path.read_bytes() for path in sorted(paths)]
    templates = ROOT / "metabench" / "cli" / "commands" / "templates"
    return [*shipped, (templates / "own_csv.toml").read_bytes()]


def _benchmark(folder: Path) -> Callable[[bytes], object]:
    catalog, path = load_catalog(), folder / "fuzz.toml"
    (folder / "train.csv").write_text(CSV)

    def read(data: bytes) -> object:
        _write(path, data)
        return load_benchmark(path, catalog=catalog)

    return read


def _published_files() -> list[bytes]:
    found = sorted((ROOT / "benchmarks" / "published").glob("*.toml"))
    return [path.read_bytes()[:6000].rpartition(b"[[tables")[0] for path in found] + [PUBLISHED]


def _published(folder: Path) -> Callable[[bytes], object]:
    path = folder / "published.toml"

    def read(data: bytes) -> object:
        _write(path, data)
        return read_published(path)

    return read


PUBLISHED = b"""schema = 1
short = "A"
citation = "A, B"
[[tables]]
name = "Table 1"
title = "t"
split = "dev"
columns = [{ name = "glue/rte", title = "RTE", metrics = ["accuracy"] }]
rows = [{ method = "M", scores = { "glue/rte" = 61.0 } }]
"""


def _records() -> list[bytes]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        commit_failure(folder)
        cell = Store(folder).cell_folder(NAME)
        found = [(cell / name).read_bytes() for name in ("cell.json", "failure.json")]
        commit_result(folder)
        return [*found, (cell / "result.json").read_bytes()]


def _record(folder: Path) -> Callable[[bytes], object]:
    store = Store(folder)
    cell = store.cell_folder(NAME)
    cell.mkdir(parents=True)

    def read(data: bytes) -> object:
        for name in ("cell.json", "failure.json", "result.json"):
            (cell / name).write_bytes(data)
        found = store.cell(NAME)
        assert found.damage, "one record is no two of another kind"
        return list(store.cells())

    return read


def _run_notes() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        Store(Path(folder)).commit_run(
            "", "", RunNote(name="n", methods=("A",), columns=(), uses=())
        )
        return [(Path(folder) / "run.json").read_bytes()]


def _run_note(folder: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        (folder / "run.json").write_bytes(data)
        return Store(folder).run()

    return read


def _metrics() -> list[bytes]:
    lines = [
        {"stage": "meta", "step": step, "total": 9, "loss_after": 1.5 / step} for step in (1, 2, 3)
    ]
    return ["".join(json.dumps(line) + "\n" for line in lines).encode()]


def _metric_lines(folder: Path) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        (folder / "metrics.jsonl").write_bytes(data)
        return read_curves(Folder(folder)), last_step(Folder(folder))

    return read


README = b"""---
license: mit
configs:
- config_name: one
  data_files:
  - split: train
    path: rows.parquet
  - split: validation
    path:
    - "rows.parquet"
---
# About
"""


def _readme(folder: Path) -> Callable[[bytes], object]:
    place = folder / "datasets" / "own" / "data"
    place.mkdir(parents=True)
    pq.write_table(pa.table({"sentence": ["a"], "label": [0]}), place / "rows.parquet")
    card = GLUE[0].model_copy(update={"source": HubSource(id="own/data", config="one")})
    hub = Hub(folder, offline=True)

    def read(data: bytes) -> object:
        _write(place / "README.md", data)
        return split_facts(card, "train", hub=hub)

    return read


TENSORS = save({"a": np.ones(3, dtype=np.float32), "b": np.ones((2, 2), dtype=np.float16)})
CONFIG = b'{"architectures": ["BertModel"], "hidden_size": 16, "model_type": "bert"}'
INDEX = b'{"metadata": {}, "weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}'


def _encoder(name: str) -> Callable[[Path], Callable[[bytes], object]]:
    def make(folder: Path) -> Callable[[bytes], object]:
        (folder / "config.json").write_bytes(CONFIG)
        (folder / "vocab.txt").write_bytes(b"[PAD]\n[UNK]\n")
        (folder / "model.safetensors.index.json").write_bytes(INDEX)
        for file in ("one.safetensors", "two.safetensors"):
            (folder / file).write_bytes(TENSORS)

        def read(data: bytes) -> object:
            _write(folder / name, data)
            return model_identity(str(folder), revision=None, weights="", hub=Hub(offline=True))

        return read

    return make


CSV = 'sentence,label\n"a, b",yes\nc,no\n"d ""e""\nf",yes\ng,no\n'
TSV = "sentence\tlabel\na b\tyes\nc\tno\nd\tyes\n"
JSONL = '{"sentence": "a", "label": "yes"}\n{"label": "no", "sentence": "\\u00e9"}\n'


def _parquet_rows() -> list[bytes]:
    buffer = io.BytesIO()
    rows = {"sentence": ["a", "b", "c"] * 5, "label": ["yes", "no", "yes"] * 5}
    pq.write_table(pa.table(rows), buffer)
    return [buffer.getvalue()]


def _rows(form: str, *, numbers: bool = False) -> Callable[[Path], Callable[[bytes], object]]:
    def make(folder: Path) -> Callable[[bytes], object]:
        path = folder / f"rows.{form}"
        file = DataFile(path=str(path), format=form, place="fuzz.toml:1: tasks.define[0].train")
        source = FileSource(files={"train": file, "scored": file}, find_labels=not numbers)
        card = TaskCard(
            name="own", title="Own", source=source, text=("sentence",), labels=(),
            metrics=("pearson" if numbers else "accuracy",), splits={}, train="train",
            scored="scored", summary="s", licence="l", citation="c",
        )  # fmt: skip

        def read(data: bytes) -> object:
            _write(path, data)
            return complete_card(card, ("train", "scored"), hub=Hub(offline=True))

        return read

    return make


NUMBERS = 'sentence,label\n"a, b",0.5\nc,1e-3\nd,-7\n'

TARGETS = {
    "benchmark files": Target(0.2, _benchmarks, _benchmark),
    "published numbers": Target(0.1, _published_files, _published),
    "records of cells": Target(0.15, _records, _record),
    "run.json": Target(0.05, _run_notes, _run_note),
    "metrics.jsonl": Target(0.05, _metrics, _metric_lines),
    "README.md of a mirror": Target(0.05, lambda: [README], _readme),
    "config.json": Target(0.05, lambda: [CONFIG], _encoder("config.json")),
    "safetensors header": Target(0.05, lambda: [TENSORS], _encoder("one.safetensors")),
    "weights index": Target(0.05, lambda: [INDEX], _encoder("model.safetensors.index.json")),
    "CSV rows": Target(0.05, lambda: [CSV.encode()], _rows("csv")),
    "CSV numbers": Target(0.05, lambda: [NUMBERS.encode()], _rows("csv", numbers=True)),
    "TSV rows": Target(0.05, lambda: [TSV.encode()], _rows("tsv")),
    "JSONL rows": Target(0.05, lambda: [JSONL.encode()], _rows("jsonl")),
    "Parquet rows": Target(0.05, _parquet_rows, _rows("parquet")),
}


def main(count: int) -> None:
    """Print what each target was fed with."""
    total = Found()
    for name, target in TARGETS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = fuzz(name, Path(folder), round(count * target.share))
        print(f"{name:24}{found}", flush=True)  # noqa: T201
        total.inputs += found.inputs
        total.refused += found.refused
        total.seconds += found.seconds
        total.slowest = max(total.slowest, found.slowest)
    print(f"{'all':24}{total}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
