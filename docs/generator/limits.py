"""docs/reference/limits.md: how much is read of anything that comes from outside."""

from __future__ import annotations

from metabench.limits import LIMITS, Limit

__all__ = ["limits"]

_INTRODUCTION = """\
Benchmark files, datasets, encoders and run folders may come from an untrusted source. Everything
that metabench reads has a limit, which is checked before memory or time is spent; a file beyond it
is refused with its name and the limit. All limits are constants of `metabench.limits`."""

_SIZES = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))


def limits() -> str:
    """Return the page."""
    rows = [f"| {limit.what} | {_most(limit)} |" for limit in LIMITS]
    return "\n".join(["# Limits", "", _INTRODUCTION, "", "| of | at most |", "|---|--:|", *rows])


def _most(limit: Limit) -> str:
    if limit.unit == "bytes":
        for size, name in _SIZES:
            if limit.most % size == 0:
                return f"{limit.most // size:,} {name}"
    return f"{limit.most:,} {limit.unit}".strip()
