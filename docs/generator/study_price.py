"""What a meta seed of each method took, in minutes: the mean of the cells that are done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from metabench.results.collect import Collected
from metabench.store.records.cell import Result

__all__ = ["prices"]


def prices(collected: Collected) -> Sequence[str]:
    """Return a table of minutes by method: meta-training, fine-tuning of all columns, both.

    Each is the mean over the seeds that are done; where a column of a method has none, the sum is
    left out. On a processor it is processor time, which other programs do not change.
    """
    methods = collected.note.methods
    found = {method: _minutes(collected, method) for method in methods}
    if not any(any(parts) for parts in found.values()):
        return []
    first = next((_sum(found[method]) for method in collected.note.baselines), None)
    on_cpu = all(_on_cpu(result) for result in collected.results.values())
    lines = [
        f"Minutes of {'one processor core' if on_cpu else 'the device'} for one meta seed.",
        "",
        "| method | meta-training | fine-tuning and scoring | together | × the first |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for method in methods:
        whole = _sum(found[method])
        times = f"{whole / first:.1f}" if whole and first else "-"
        cells = [*map(_shown, found[method]), _shown(whole), times]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return lines


def _minutes(collected: Collected, method: str) -> tuple[float | None, float | None]:
    """Return the minutes of meta-training, 0 where there is none, and of fine-tuning."""
    needs = {cell.key: cell.needs for cell in collected.note.cells}
    uses = [use for use in collected.note.uses if use.method == method and not use.unavailable]
    starts = {key for use in uses for key in needs.get(use.key, ())}
    columns: dict[str, list[str]] = {}
    for use in uses:
        columns.setdefault(use.column, []).append(use.key)
    meta = _mean(collected.results, starts) if starts else 0.0
    tuned = [_mean(collected.results, keys) for keys in columns.values()]
    known = [each for each in tuned if each is not None]
    return meta, sum(known) if len(known) == len(tuned) else None


def _mean(results: Mapping[str, Result], keys: Iterable[str]) -> float | None:
    seconds = [_seconds(results[key]) for key in keys if key in results]
    return fmean(seconds) / 60 if seconds else None


def _seconds(result: Result) -> float:
    timed = result.cpu_seconds if _on_cpu(result) else None
    return result.wall_seconds if timed is None else timed


def _on_cpu(result: Result) -> bool:
    return result.provenance.device == "cpu"


def _sum(parts: tuple[float | None, float | None]) -> float | None:
    return None if parts[0] is None or parts[1] is None else parts[0] + parts[1]


def _shown(minutes: float | None) -> str:
    return "-" if minutes is None else f"{minutes:.1f}"
