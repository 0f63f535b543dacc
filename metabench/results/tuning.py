"""What fine-tuning went through: the scalars that observers added to its steps."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from metabench.plugin.step_scalars import OWN_SCALARS
from metabench.results.collect import Collected
from metabench.results.history import LossCurve, read_curves
from metabench.store.file_names import METRICS
from metabench.store.folder import Folder
from metabench.store.records.run import UseNote
from metabench.store.run_folder import Store

__all__ = ["TuningHistory", "tuning_histories"]

_OWN = OWN_SCALARS | {"gradient_norm"}  # which each step of fine-tuning has
_LOOK = 1 << 14
"""Bytes at either end of a file that are looked at: without an observer nothing more is read."""


@final
@dataclass(frozen=True, slots=True)
class TuningHistory:
    """One fine-tuning as its folder tells it.

    Args:
        column: name of the column that it gives a score for.
        seed: the meta seed.
        finetune_seed: the seed of fine-tuning.
        scalars: what observers added to its steps, by name; at least one.
    """

    column: str
    seed: int
    finetune_seed: int
    scalars: Mapping[str, LossCurve]


def tuning_histories(
    stores: Sequence[Store], collected: Collected
) -> Mapping[str, tuple[TuningHistory, ...]]:
    """Return the finished fine-tunings behind each row that observers added scalars to.

    Args:
        stores: the run folders.
        collected: their values, merged.
    """
    found: dict[str, list[TuningHistory]] = {}
    for use in collected.note.uses:
        if use.key in collected.results:
            scalars = _scalars(stores, use)
            if scalars:
                told = TuningHistory(use.column, use.meta_seed, use.finetune_seed, scalars)
                found.setdefault(use.method, []).append(told)
    return {method: tuple(histories) for method, histories in found.items()}


def _scalars(stores: Sequence[Store], use: UseNote) -> Mapping[str, LossCurve]:
    store = next((one for one in stores if one.result(use.cell, key=use.key)), stores[0])
    folder = store.place(use.cell)
    if _OWN.issuperset(_names(folder)):
        return {}
    curves = read_curves(folder)
    return {name: curves[name] for name in sorted(curves.keys() - _OWN)}


def _names(folder: Folder) -> set[str]:
    """Return the names in the first and the last lines of a file."""
    try:
        with folder.opened() as here, here.stream(METRICS) as file:
            first = file.read(_LOOK)
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOOK))
            last = file.read(_LOOK)
    except OSError:
        return set()
    return {name for part in (first, last) for line in part.splitlines() for name in _keys(line)}


def _keys(line: bytes) -> Iterator[str]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):  # also a line that was cut
        return
    if isinstance(record, dict):
        yield from record
