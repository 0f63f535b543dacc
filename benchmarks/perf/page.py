"""Tables from measurements, and the page whose marked blocks they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from perf.bounds import bounds
from perf.gradient import OURS, PEERS
from perf.job import Job
from perf.plan import GROWTH
from perf.record import Part, Report

__all__ = ["BLOCKS", "block", "write_page"]

_MIB = 2**20
_MARK = re.compile(r"(<!-- perf: (\w+) -->\n).*?(<!-- /perf -->)", re.DOTALL)


def write_page(path: Path, report: Report) -> None:
    """Put the report's tables into the page's marked blocks; the prose stays."""
    text = path.read_text(encoding="utf-8")
    text = _MARK.sub(lambda m: f"{m[1]}{block(m[2], report)}\n{m[3]}", text)
    path.write_text(text, encoding="utf-8")


def block(name: str, report: Report) -> str:
    """Return a block's text."""
    if name in {"bounds", "machines"}:
        return _bounds(report) if name == "bounds" else _machines(report)
    part = report.parts.get(name)
    if part is None:
        return f"Not measured: `tox -e perf -- --parts {name}`."
    return BLOCKS[name](part)


def _bounds(report: Report) -> str:
    head = ["what", "bound", "measured", "holds"]
    rows = [
        [b.claim, f"{'≥' if b.least else '≤'} {_short(b.limit)}", _short(b.value), b.verdict]
        for b in bounds(report)
    ]
    return _table(head, rows)


def _machines(report: Report) -> str:
    rows = []
    for name, part in report.parts.items():
        machine = part.machine
        jobs = [m.job for m in part.measured]
        repeats = 1 + max((m.repeat for m in part.measured), default=0)
        threads = ", ".join(map(str, sorted({job.threads for job in jobs})))
        rows.append(
            [name, part.begun, f"{machine.processor}, {machine.cores} cores", threads,
             str(repeats), f"{machine.load:.1f}",
             ", ".join(f"{key} {value}" for key, value in machine.versions.items())]
        )  # fmt: skip
    head = ["part", "started", "processor", "threads", "repeats", "load before", "versions"]
    return _table(head, rows)


def _gradient(part: Part) -> str:
    head = ["", "CPU-s", "× learn2learn", "live peak MiB", "× learn2learn", "× fine-tuning",
            "error", "error, of what curvature changes"]  # fmt: skip
    l2l = part.median("learn2learn", "cpu_seconds")
    l2l_peak = part.median("learn2learn", "peak_bytes", kind="memory")
    plain = part.median("transformers gradient", "peak_bytes", kind="memory")
    rows = []
    for variant in (*PEERS, *OURS):
        seconds = part.median(variant, "cpu_seconds")
        peak = part.median(variant, "peak_bytes", kind="memory")
        if not any(m.job.variant == variant for m in part.measured):
            continue
        if seconds is None and peak is None:
            rows.append([variant, part.why_not(variant), *[""] * 6])
            continue
        error, share = (
            part.median(variant, name, kind="memory") for name in ("error", "error_of_curvature")
        )
        rows.append(
            [variant, _short(seconds), _times(seconds, l2l), _mib(peak), _times(peak, l2l_peak),
             _times(peak, plain), _exponent(error), _exponent(share)]
        )  # fmt: skip
    return _table(head, rows)


def _rows(part: Part) -> str:
    head = ["", "CPU-s a meta-step", "wall s", "× the engine"]
    rows = []
    for variant in dict.fromkeys(m.job.variant for m in part.measured):
        engine = part.median(f"{variant.partition(', ')[0]}, engine", "cpu_seconds")
        steps = part.median(variant, "steps") or 1
        beside = [part.median(variant, f"{of}_cpu_seconds") for of in ("engine", "passes")]
        if beside[0] and beside[1]:
            pair = " and ".join(_short(seconds / steps) for seconds in beside if seconds)
            rows.append([variant, pair, "", _times(beside[1], beside[0])])
            continue
        cpu, wall = (part.median(variant, f"{of}_seconds") for of in ("cpu", "wall"))
        if cpu is None or wall is None:
            rows.append([variant, part.why_not(variant), "", ""])
        else:
            rows.append([variant, _short(cpu / steps), _short(wall / steps), _times(cpu, engine)])
    return _table(head, rows)


def _finetuning(part: Part) -> str:
    head = ["", "examples a CPU-s", "examples a second", "first five losses, dropout off"]
    rows = []
    for side in ("metabench", "Trainer"):
        examples, cpu, wall = (
            part.median(side, name) for name in ("examples", "cpu_seconds", "wall_seconds")
        )
        if examples is None or not cpu or not wall:
            rows.append([side, part.why_not(side), "", ""])
            continue
        losses = [part.median(side, f"loss_{number}") for number in range(5)]
        said = ", ".join(f"{loss:.6f}" for loss in losses if loss is not None)
        rows.append([side, f"{examples / cpu:.1f}", f"{examples / wall:.1f}", said])
    return _table(head, rows)


def _encoding(part: Part) -> str:
    head = ["", "rows", "wall s", "CPU-s"]
    rows = [
        [
            said,
            _short(part.median("encode", "rows")),
            *(_short(part.median("encode", f"{of}_{kind}_seconds")) for kind in ("wall", "cpu")),
        ]
        for of, said in (("once", "encoded"), ("cached", "from the cache"))
    ]
    return _table(head, rows)


def _steady(part: Part) -> str:
    head = ["", "meta-steps", "tensors MiB at a tenth", "at the end", "resident MiB at a tenth",
            "at the end"]  # fmt: skip
    rows = []
    for method in dict.fromkeys(m.job.variant for m in part.measured):
        places = [f"{at}_{of}_bytes" for of in ("tensor", "resident") for at in ("early", "late")]
        found = [part.median(method, place) for place in places]
        sizes = ["" if size is None else f"{size / _MIB:.2f}" for size in found]
        rows.append([method, _short(part.median(method, "steps")), *sizes])
    return _table(head, rows)


def _growth(part: Part) -> str:
    around = ", ".join(f"`{key}` {_usual(part, key)}" for key in (*GROWTH, "width", "batch"))
    curves = [_curve(part, name) for name in GROWTH]
    return "\n\n".join([f"Where nothing else is said: {around}.", *curves])


def _curve(part: Part, name: str) -> str:
    """Return a table: a row for each value, CPU-s and MiB of each variant."""
    variants = list(dict.fromkeys(m.job.variant for m in part.measured))
    usual = {key: _usual(part, key) for key in GROWTH}
    rows = []
    for value in GROWTH[name]:
        wanted = {**usual, name: value}

        def where(job: Job, wanted: dict[str, int] = wanted) -> bool:
            return all(getattr(job.shape, key) == found for key, found in wanted.items())

        cells = []
        for variant in variants:
            seconds = part.median(variant, "cpu_seconds", where=where)
            peak = part.median(variant, "peak_bytes", kind="memory", where=where)
            cells += [_short(seconds), _mib(peak)]
        rows.append([str(value), *cells])
    head = [name, *(f"{v.removeprefix('metabench ')} {u}" for v in variants for u in ("s", "MiB"))]
    return _table(head, rows)


def _usual(part: Part, key: str) -> int:
    """Return the value that a setting has in most jobs."""
    values: list[int] = [getattr(m.job.shape, key) for m in part.measured]
    return max(set(values), key=values.count)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _short(value: float | None) -> str:
    if value is None:
        return ""
    if value and abs(value) < 0.01:  # noqa: PLR2004
        return _exponent(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004


def _times(value: float | None, other: float | None) -> str:
    return f"{value / other:.2f}" if value is not None and other else ""


def _mib(value: float | None) -> str:
    return "" if value is None else f"{value / _MIB:,.0f}"


def _exponent(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}" if value else "0"


BLOCKS: Mapping[str, Callable[[Part], str]] = {
    "gradient": _gradient,
    "means": _gradient,
    "rows": _rows,
    "finetuning": _finetuning,
    "encoding": _encoding,
    "steady": _steady,
    "growth": _growth,
}
