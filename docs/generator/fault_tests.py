"""docs/reference/fault_tests.md: every failure mode with the tests that provoke it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

__all__ = ["FAULTS", "fault_tests"]

FAULTS = Path(__file__).parents[2] / "tests" / "faults" / "faults.toml"

_INTRODUCTION = """\
Each [failure mode](../faults.md) with the tests that provoke it, named from `tests/`. A number
that is missing is a fault that metabench does not have."""


def fault_tests() -> str:
    """Return the page."""
    parts = ["# Fault-injection tests", _INTRODUCTION]
    for group in tomllib.loads(FAULTS.read_text(encoding="utf-8"))["groups"]:
        rows = [
            f"| {fault['number']} | {fault['what']} | {_shown(fault)} |"
            for fault in group["faults"]
        ]
        table = ["| # | What happens | Tests |", "|--:|---|---|", *rows]
        parts += [f"## {group['title']}", "\n".join(table)]
    return "\n\n".join(parts)


def _shown(fault: Any) -> str:
    tests = [f"`{test}`" for test in fault["tests"]]
    return "<br>".join([*tests, *([fault["note"]] if "note" in fault else [])])
