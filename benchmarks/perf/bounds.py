"""What was asked of the engine, and what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import final

from perf.record import Machine, Part, Report

__all__ = ["Bound", "bounds"]


@final
@dataclass(frozen=True, slots=True)
class Bound:
    """One claim: its value must be at most (or, ``least``, at least) the limit."""

    claim: str
    limit: float
    value: float | None
    least: bool = False

    @property
    def verdict(self) -> str:
        """Whether it holds."""
        if self.value is None:
            return "not measured"
        held = self.value >= self.limit if self.least else self.value <= self.limit
        return "yes" if held else "**no**"


def bounds(report: Report) -> list[Bound]:
    """Return every claim with the value that this report has for it."""
    found: list[Bound] = []
    for name, check in _CHECKS.items():
        found += check(report.parts.get(name) or _NOTHING)
    if means := report.parts.get("means"):
        found += [
            replace(bound, claim=f"mean over tokens, {bound.claim}") for bound in _gradient(means)
        ]
    return found


def _gradient(part: Part) -> list[Bound]:
    ours, time, peak = "metabench ", "cpu_seconds", "peak_bytes"

    def of(variant: str, number: str) -> float | None:
        return part.median(variant, number, kind="time" if number == time else "memory")

    def against(variant: str, number: str, other: str) -> float | None:
        return _ratio(of(variant, number), of(other, number))

    plain, l2l = "transformers gradient", "learn2learn"
    peers = [of(peer, time) for peer in ("unrolled", "learn2learn", "higher", "torchopt")]
    fastest = min((value for value in peers if value is not None), default=None)
    exact = [f"{ours}exact/{keep}" for keep in ("fast", "auto", "lean")]
    errors = [of(name, "error") for name in exact]
    worst = max((error for error in errors if error is not None), default=None)
    return [
        Bound("exact (all three): error", 1e-4, worst),
        Bound("lean: memory, × one fine-tuning gradient", 1.5, against(exact[2], peak, plain)),
        Bound("lean: memory, × learn2learn", 0.13, against(exact[2], peak, l2l)),
        Bound("lean: CPU-s, × learn2learn", 1.45, against(exact[2], time, l2l)),
        Bound("auto: CPU-s, × the fastest peer", 1.15, _ratio(of(exact[1], time), fastest)),
        Bound("auto: memory, × learn2learn", 0.5, against(exact[1], peak, l2l)),
        Bound("central: CPU-s, × learn2learn", 0.92, against(f"{ours}central", time, l2l)),
        Bound("central: error", 2e-4, of(f"{ours}central", "error")),
        Bound("central: memory, × fine-tuning", 2.0, against(f"{ours}central", peak, plain)),
        Bound("forward: CPU-s, × learn2learn", 0.70, against(f"{ours}forward", time, l2l)),
        Bound("forward: error", 3e-3, of(f"{ours}forward", "error")),
        Bound("forward: memory, × fine-tuning", 2.0, against(f"{ours}forward", peak, plain)),
    ]


def _rows(part: Part) -> list[Bound]:
    found = []
    for method in ("FOMAML", "Reptile"):
        engine, l2l = (
            part.median(f"{method}, {side}", "cpu_seconds") for side in ("engine", "learn2learn")
        )
        whole, passes = (
            part.median(f"{method}, engine and its passes", number)
            for number in ("cpu_seconds", "passes_cpu_seconds")
        )
        found += [
            Bound(f"{method}: engine, × its passes", 1.05, _ratio(whole, passes)),
            Bound(f"{method}: times faster than learn2learn", 1.3, _ratio(l2l, engine), least=True),
        ]
    return found


def _finetuning(part: Part) -> list[Bound]:
    ours, trainer = (part.median(side, "cpu_seconds") for side in ("metabench", "Trainer"))
    gaps = [
        abs(a - b)
        for number in range(5)
        if (a := part.median("metabench", f"loss_{number}")) is not None
        and (b := part.median("Trainer", f"loss_{number}")) is not None
    ]
    return [
        Bound("fine-tuning: × Trainer's examples a CPU-s", 1.3, _ratio(trainer, ours), least=True),
        Bound("fine-tuning: largest difference of a loss", 1e-5, max(gaps, default=None)),
    ]


def _encoding(part: Part) -> list[Bound]:
    return [
        Bound("encoding all rows once, s", 30, part.median("encode", "once_wall_seconds")),
        Bound("the same from the cache, s", 1, part.median("encode", "cached_wall_seconds")),
    ]


def _steady(part: Part) -> list[Bound]:
    found = []
    for each in part.measured:
        late, early = (each.numbers.get(f"{at}_tensor_bytes") for at in ("late", "early"))
        claim = f"{each.job.variant}: tensors at the last meta-step, × a tenth of the way"
        if each.repeat == 0:
            found.append(Bound(claim, 1.01, _ratio(late, early)))
    return found


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


_NOTHING = Part(begun="", machine=Machine(processor="", cores=1, python="", versions={}, load=0))
_CHECKS: Mapping[str, Callable[[Part], list[Bound]]] = {
    "gradient": _gradient,
    "rows": _rows,
    "finetuning": _finetuning,
    "encoding": _encoding,
    "steady": _steady,
}
