"""docs/reference/benchmark_file.md: every table and field that a benchmark file can have."""

from __future__ import annotations

from generator.fields import field_table, models_below
from metabench.spec.model.sections import BenchmarkSpec

__all__ = ["benchmark_file"]

_INTRODUCTION = """\
A benchmark file is TOML. It is closed: a key that is not listed here is an error.
`metabench schema` prints the same as a JSON schema, with the options of the plugins installed;
`--set KEY=VALUE` changes any of it for one run, and `smoke` is what `--smoke` sets."""


def benchmark_file() -> str:
    """Return the page."""
    parts = ["# The benchmark file", _INTRODUCTION, field_table(BenchmarkSpec)]
    for path, model in models_below(BenchmarkSpec):
        if path:
            parts += [f"## `{path}`", _summary(model), field_table(model)]
    return "\n\n".join(parts)


def _summary(model: type) -> str:
    return " ".join((model.__doc__ or "").split()).replace("``", "`")
