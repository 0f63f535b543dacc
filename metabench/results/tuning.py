"""The history of fine-tuning: the scalars that observers added to its steps."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from metabench.plugin.step_scalars import OWN_SCALARS
from metabench.results.collect import Collected
from metabench.results.history import LossCurve, drawn_seeds, read_curves
from metabench.store.file_names import METRICS
from metabench.store.folder import Folder
from metabench.store.records.run import UseNote
from metabench.store.run_folder import Store

__all__ = ["TuningHistory", "tuning_histories"]

_OWN = OWN_SCALARS | {"gradient_norm"}  # which each step of fine-tuning has
_ANOTHER = re.compile(rf'"(?!(?:{"|".join(sorted(_OWN))})")[^"]*"\s*:'.encode())
"""A name of a scalar that neither metabench nor every step of fine-tuning has."""
_LOOK = 1 << 14
"""Bytes at either end of a file that are looked at: without an observer nothing more is read."""


@final
@dataclass(frozen=True, slots=True)
class TuningHistory:
    """One fine-tuning, read from its folder.

    Args:
        column: name of its column.
        seed: the meta seed.
        finetune_seed: the seed of fine-tuning.
        scalars: the observers' scalars by step, by name; at least one.
    """

    column: str
    seed: int
    finetune_seed: int
    scalars: Mapping[str, LossCurve]


def tuning_histories(
    stores: Sequence[Store], collected: Collected
) -> Mapping[str, tuple[TuningHistory, ...]]:
    """Return the finished fine-tunings of each method with observers' scalars.

    They are those of the first 10 meta seeds.

    Args:
        stores: the run folders.
        collected: their values, merged.
    """
    found: dict[str, list[TuningHistory]] = {}
    seeds = drawn_seeds(collected)
    for use in collected.note.uses:
        if use.meta_seed in seeds and use.key in collected.results:
            scalars = _scalars(stores, use)
            if scalars:
                told = TuningHistory(use.column, use.meta_seed, use.finetune_seed, scalars)
                found.setdefault(use.method, []).append(told)
    return {method: tuple(histories) for method, histories in found.items()}


def _scalars(stores: Sequence[Store], use: UseNote) -> Mapping[str, LossCurve]:
    store = next((one for one in stores if one.result(use.cell, key=use.key)), stores[0])
    folder = store.place(use.cell)
    if not _has_others(folder):
        return {}
    curves = read_curves(folder)
    return {name: curves[name] for name in sorted(curves.keys() - _OWN)}


def _has_others(folder: Folder) -> bool:
    """Return whether the first or the last lines of a file have a name that is not ours."""
    try:
        with folder.opened() as here, here.stream(METRICS) as file:
            first = file.read(_LOOK)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LOOK))
            last = file.read(_LOOK) if size > len(first) else b""
    except OSError:
        return False
    return any(_ANOTHER.search(part) for part in (first, last))
