"""How long 400,000 examples take to load: ``python -m perf.load_rows FOLDER`` in ``benchmarks/``.

metabench, the datasets library with an empty cache, and pandas read the same CSV and Parquet files
until all texts and labels are Python values. Each reading is a process of its own, and they take
turns; imports are not counted.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq

from metabench.seeding import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["SIDES", "make_files", "spent"]

_SETTLED_SECONDS = 61
_CODECS = ("snappy", "zstd", "gzip")
_LABELS = ("negative", "neutral", "positive")


def make_files(folder: Path, *, rows: int) -> tuple[Path, ...]:
    """Return a CSV and three Parquet files of the same synthetic examples, made where missing."""
    names = ("csv", *(f"{codec}.parquet" for codec in _CODECS))
    files = tuple(folder / f"rows-{rows}.{name}" for name in names)
    if not all(file.is_file() for file in files):
        folder.mkdir(parents=True, exist_ok=True)
        draw = Stream.root(1).numpy()
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        words = ["".join(draw.choice(letters, size)) for size in draw.integers(2, 10, 5000)]
        words += ["müde", "größer", "naïve", "“quoted”"]
        ends = draw.choice(["", ", yes", ' "so"', "."], rows)
        many = [iter(draw.choice(words, 20 * rows).tolist())] * 20
        sizes = draw.integers(5, 21, rows)
        parts = zip(zip(*many, strict=True), sizes, ends, strict=True)
        texts = [" ".join(some[:size]) + end for some, size, end in parts]
        labels = draw.choice(_LABELS, rows).tolist()
        with files[0].open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sentence", "label"])
            writer.writerows(zip(texts, labels, strict=True))
        table = pa.table({"sentence": texts, "label": labels})
        for place, codec in zip(files[1:], _CODECS, strict=True):
            pq.write_table(table, place, compression=codec)
    return files


def _metabench(file: Path) -> Callable[[], tuple[Sequence[str], Any]]:
    from metabench.api.task import DataFile, FileSource, TaskCard  # noqa: PLC0415
    from metabench.data.rows import load_rows  # noqa: PLC0415
    from metabench.plan.cell import TaskUse  # noqa: PLC0415
    from metabench.tasks.hub import Hub  # noqa: PLC0415

    form: Any = file.suffix[1:]
    source = FileSource(files={"train": DataFile(path=str(file), format=form)})
    card = TaskCard(
        name="my/rows", title="Rows", source=source, text=("sentence",), label="label",
        labels=_LABELS, metrics=("accuracy",), splits={"train": 0}, scored="train",
        summary="Synthetic.", licence="none", citation="none",
    )  # fmt: skip
    use = TaskUse(card, "auxiliary", "train", "train", "", 0, 0)

    def load() -> tuple[Sequence[str], Any]:
        rows = load_rows(use, "train", hub=Hub(offline=True))
        return rows.texts[0], rows.labels

    return load


def _datasets(file: Path) -> Callable[[], tuple[Sequence[str], Any]]:
    import datasets  # noqa: PLC0415

    datasets.disable_progress_bars()
    cache = tempfile.TemporaryDirectory()

    def load() -> tuple[Sequence[str], Any]:
        with cache as folder:
            form = file.suffix[1:]
            found = datasets.load_dataset(
                form, data_files=str(file), split="train", cache_dir=folder
            )
            columns = found[:]
        return columns["sentence"], columns["label"]

    return load


def _pandas(file: Path) -> Callable[[], tuple[Sequence[str], Any]]:
    import pandas as pd  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415

    def load() -> tuple[Sequence[str], Any]:
        frame = pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)
        return frame["sentence"].tolist(), frame["label"].tolist()

    return load


SIDES = {"metabench": _metabench, "datasets": _datasets, "pandas": _pandas}
"""Who reads: each returns what loads a file, its imports done."""


def spent(side: str, file: Path) -> dict[str, float]:
    """Return what one reading takes in this process: CPU and wall seconds, MiB more at the peak."""
    load = SIDES[side](file)
    before = _peak(again=True)
    wall, cpu = time.perf_counter(), time.process_time()
    texts, labels = load()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    more = (_peak() - before) / 1024
    return {"rows": len(texts), "labels": len(labels), "cpu": cpu, "wall": wall, "MiB": more}


def _peak(*, again: bool = False) -> int:
    """Return the peak of this process in KiB; ``again`` starts with what it has in memory now."""
    if again:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def _in_process(side: str, file: Path) -> dict[str, float]:
    words = [sys.executable, "-P", "-m", "perf.load_rows", str(file), "--side", side]
    here = {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    env = {**os.environ, **here}  # noqa: TID251  (a process of our own)
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=env)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("place", type=Path)
@click.option("--rows", default=400_000, show_default=True, help="Examples of each file.")
@click.option("--repeats", default=5, show_default=True)
@click.option("--side", type=click.Choice(list(SIDES)), help="Read the file PLACE here and now.")
def measure(place: Path, *, rows: int, repeats: int, side: str | None) -> None:
    """Print a table of medians; PLACE is the folder in which the files are or are made."""
    if side is not None:
        click.echo(json.dumps(spent(side, place)))
        return
    files = make_files(place, rows=rows)
    # The files of a user are old; metabench hashes one again that has just been changed.
    time.sleep(max(0.0, _SETTLED_SECONDS - (time.time() - files[-1].stat().st_mtime)))
    click.echo("| file | reader | CPU-s | wall s | peak MiB |\n|---|---|--:|--:|--:|")
    for file in files:
        turns = [{name: _in_process(name, file) for name in SIDES} for _ in range(repeats)]
        for name in SIDES:
            cpu, wall, peak = (median(turn[name][of] for turn in turns) for of in _COLUMNS)
            form = " ".join(file.name.split(".")[1:])
            click.echo(f"| {form} | {name} | {cpu:.2f} | {wall:.2f} | {peak:.0f} |")


_COLUMNS = ("cpu", "wall", "MiB")


if __name__ == "__main__":
    measure()
