"""docs/reference/safety_tables.md: what each command may touch, and what is tested."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["safety_facts", "safety_tables"]

_FACTS = Path(__file__).with_name("safety.toml")

_INTRODUCTION = """\
What each command reads, writes, imports and runs ([Safety](../safety.md)), and the tests that show
it. "Run folder" and "mirror" may be third-party. Writing is inside the named folder only."""

_TESTED = """\
Each letter is a test [below](#the-tests); `-` marks commands that meet nothing of the kind."""

_DONE = ("reads", "imports", "writes", "runs")
_HEAD = ("command", "reads", "imports installed plugins", "writes", "runs")


def safety_facts() -> Any:
    """Return the kinds of attack, the tests, and the commands with what they do."""
    return tomllib.loads(_FACTS.read_text(encoding="utf-8"))


def safety_tables() -> str:
    """Return the page."""
    facts = safety_facts()
    kinds, commands = facts["kinds"], facts["commands"]
    done = [[f"`{name}`", *(one[key] for key in _DONE)] for name, one in commands.items()]
    tested = [
        [f"`{name}`", *(one["tested"].get(kind, "-") for kind in kinds)]
        for name, one in commands.items()
    ]
    return "\n\n".join(
        [
            "# What each command may touch",
            _INTRODUCTION,
            _table(_HEAD, done),
            "## What is tested",
            _TESTED,
            "\n".join(f"- *{kind}*: {meaning}" for kind, meaning in kinds.items()),
            _table(["command", *kinds], tested),
            "## The tests",
            _table(["", "test"], [[name, f"`{test}`"] for name, test in facts["tests"].items()]),
        ]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
