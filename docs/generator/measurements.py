"""docs/reference/measurements.md: the tables that the tools of benchmarks/ have written."""

from __future__ import annotations

from pathlib import Path

__all__ = ["measurements"]

_MEASURED = Path(__file__).parents[2] / "benchmarks" / "perf" / "measurements.md"


def measurements() -> str:
    """Return the page."""
    return _MEASURED.read_text(encoding="utf-8")
