"""How fast cells were that are done already, on this device, with these threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from metabench.engine.device import Device
    from metabench.plan.cell import Cell
    from metabench.store.records.cell import Result

__all__ = ["Rates", "measured_rates", "rate_of"]

Rates = dict[tuple[str, str], float]
"""Seconds for each multiplication, by stage and method; "" stands for any method."""


def measured_rates(
    cells: Iterable[Cell],
    results: Mapping[str, Result],
    work: Callable[[Cell], float],
    *,
    device: Device,
) -> Rates:
    """Return the rates of what is done; results of other devices or threads do not count."""
    sums: dict[tuple[str, str], list[float]] = {}
    for cell in cells:
        result = results.get(cell.key)
        if result is None or not _alike(result, device):
            continue
        for place in ((cell.kind, cell.method), (cell.kind, "")):
            total = sums.setdefault(place, [0.0, 0.0])
            total[0] += result.wall_seconds
            total[1] += work(cell)
    return {place: seconds / done for place, (seconds, done) in sums.items() if done}


def rate_of(cell: Cell, rates: Rates) -> float | None:
    """Return the rate of a cell's own method, else that of its stage; None where nothing is."""
    return rates.get((cell.kind, cell.method), rates.get((cell.kind, "")))


def _alike(result: Result, device: Device) -> bool:
    made = result.provenance
    return (made.device, made.precision, made.threads) == (
        device.title,
        device.precision,
        device.threads,
    )
