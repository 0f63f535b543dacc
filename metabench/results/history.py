"""The history of meta-training: losses by step, tasks drawn."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

from pydantic import JsonValue

from metabench.limits import LOG_BYTES
from metabench.plugin.step_scalars import OWN_SCALARS
from metabench.results.collect import Collected
from metabench.store.file_names import METRICS
from metabench.store.folder import Folder
from metabench.store.records.cell import Result
from metabench.store.records.run import PlannedCell
from metabench.store.run_folder import Store

__all__ = ["MOST_SEEDS", "LossCurve", "MetaHistory", "drawn_seeds", "meta_histories", "read_curves"]

MOST_SEEDS = 10
"""Meta seeds of which curves are read: more curves in a panel are not distinguishable."""
_MOST_POINTS = 400
_LONGEST_LINE = 1 << 16
_LOSS = "loss_after"
_LARGEST = 1e30
_MOST_SCALARS = 12
_MOST_NAMES = _MOST_SCALARS + len(OWN_SCALARS)


@final
@dataclass(frozen=True, slots=True)
class LossCurve:
    """A thinned loss or other scalar: (mean step, mean value) of every ``width`` steps."""

    width: int
    points: tuple[tuple[float, float], ...]


@final
@dataclass(frozen=True, slots=True)
class MetaHistory:
    """One meta-training run, read from its folder.

    Args:
        key: key of the cell.
        seed: the meta seed.
        target: its target task, if it has one.
        sampler: class and options of the sampler.
        rows: number of training examples by task.
        draws: how often each task was drawn.
        losses: the outer loss; None where the steps were not logged.
        scalars: the scalars of the algorithm and of observers by step, by name.
    """

    key: str
    seed: int
    target: str
    sampler: str
    rows: Mapping[str, int]
    draws: Mapping[str, int]
    losses: LossCurve | None
    scalars: Mapping[str, LossCurve] = field(default_factory=dict)


@final
@dataclass
class _Thinning:
    """Means of equally many neighbours, never more than so many of them."""

    most: int
    width: int = 1
    bins: list[tuple[float, float, int]] = field(default_factory=list)

    def add(self, step: float, value: float) -> None:
        if self.bins and self.bins[-1][2] < self.width:
            self.bins[-1] = _joined(self.bins[-1], (step, value, 1))
            return
        if len(self.bins) == self.most:
            pairs = zip(self.bins[::2], self.bins[1::2], strict=True)
            self.bins = [_joined(first, second) for first, second in pairs]
            self.width *= 2
        self.bins.append((step, value, 1))

    def points(self) -> tuple[tuple[float, float], ...]:
        return tuple((steps / count, values / count) for steps, values, count in self.bins)


def _joined(a: tuple[float, float, int], b: tuple[float, float, int]) -> tuple[float, float, int]:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def read_curves(folder: Folder, *, most: int = _MOST_POINTS) -> Mapping[str, LossCurve]:
    """Return the scalars of ``metrics.jsonl`` by name, each by step, thinned while they are read.

    Lines that cannot be used are passed over: the file is no evidence, only a picture. Of scalars
    that are not metabench's own, the first twelve that come up are read; nothing is of a file that
    is larger than any cell writes.

    Args:
        folder: that of a cell.
        most: points at most of each, an even number.
    """
    found: dict[str, _Thinning] = {}
    try:
        with folder.opened() as here, here.stream(METRICS) as file:
            if os.fstat(file.fileno()).st_size > LOG_BYTES:
                return {}
            while line := file.readline(_LONGEST_LINE):
                for name, step, value in _points(line):
                    if name in found or name in OWN_SCALARS or len(found) < _MOST_NAMES:
                        found.setdefault(name, _Thinning(most)).add(step, value)
    except OSError:
        return {}
    return {name: LossCurve(one.width, one.points()) for name, one in found.items()}


def _points(line: bytes) -> Iterator[tuple[str, float, float]]:
    """Yield name, step and value of each scalar of a line; nothing where the line is damaged."""
    try:
        record = json.loads(line)
        step = _number(record["step"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    if step is None:
        return
    for name, told in record.items():
        value = _number(told)
        if value is not None and name not in {"step", "total"}:
            yield name, step, value


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= _LARGEST else None  # also None for NaN


def drawn_seeds(collected: Collected) -> frozenset[int]:
    """Return the meta seeds of which curves are read, the first ones."""
    return frozenset(sorted({use.meta_seed for use in collected.note.uses})[:MOST_SEEDS])


def meta_histories(
    stores: Sequence[Store], collected: Collected
) -> Mapping[str, tuple[MetaHistory, ...]]:
    """Return the finished meta-training runs behind each method, by target and seed.

    The curves are those of the first 10 meta seeds.

    Args:
        stores: the run folders.
        collected: their values, merged.
    """
    planned = {cell.key: cell for cell in collected.note.cells}
    keys: dict[str, set[str]] = {}
    seeds, drawn = drawn_seeds(collected), set()
    for use in collected.note.uses:
        needs = planned[use.key].needs if use.key in planned else ()
        metas = {need for need in needs if need in planned and planned[need].kind == "meta"}
        keys.setdefault(use.method, set()).update(metas)
        drawn |= metas if use.meta_seed in seeds else set()
    wanted = sorted(set().union(*keys.values()) & collected.results.keys())
    known = {
        key: _history(stores, planned[key], collected.results[key], drawn=key in drawn)
        for key in wanted
    }
    found = {row: [known[key] for key in some if key in known] for row, some in keys.items()}
    return {row: tuple(sorted(some, key=_place)) for row, some in found.items()}


def _place(history: MetaHistory) -> tuple[str, int, str]:
    return history.target, history.seed, history.key


def _history(
    stores: Sequence[Store], planned: PlannedCell, result: Result, *, drawn: bool
) -> MetaHistory:
    store = next((one for one in stores if one.result(planned.cell, key=planned.key)), stores[0])
    note = store.note(planned.cell)
    inputs = note.inputs if note is not None and note.key == planned.key else {}
    tasks = inputs.get("tasks")
    sized = {
        name: task.get("rows")
        for name, task in (tasks.items() if isinstance(tasks, Mapping) else ())
        if isinstance(task, Mapping)
    }
    seed, target = inputs.get("seed"), inputs.get("target")
    curves = read_curves(store.place(planned.cell)) if drawn else {}
    return MetaHistory(
        key=planned.key,
        seed=seed if isinstance(seed, int) else 0,
        target=target if isinstance(target, str) else "",
        sampler=_sampler(inputs.get("sampler")),
        rows={name: rows for name, rows in sized.items() if isinstance(rows, int)},
        draws=result.draws,
        losses=curves.get(_LOSS),
        scalars={n: curves[n] for n in sorted(curves.keys() - OWN_SCALARS)[:_MOST_SCALARS]},
    )


def _sampler(inputs: JsonValue) -> str:
    if not isinstance(inputs, Mapping):
        return ""
    options = inputs.get("options")
    named = sorted(options.items()) if isinstance(options, Mapping) else []
    said = [f"{name} = {value}" for name, value in named]
    return ", ".join([str(inputs.get("target", "")).rpartition(":")[2], *said])
