"""docs/troubleshooting.md names the errors by the text that the code prints."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^\| `([^`]+)` \|[^|]+\|[^|]+\|$", PAGE, re.MULTILINE)


@cache
def templates() -> frozenset[str]:
    """Return every text of the code; where an f-string has a value there is an ellipsis."""
    found = set()
    for path in (ROOT / "metabench").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.JoinedStr(values=values):
                    parts = [getattr(part, "value", "") for part in values]
                    found.add("".join(one if isinstance(one, str) else "…" for one in parts))
                case ast.Constant(value=str(text)):
                    found.add(text)
    return frozenset(found)


def test_there_are_twenty_messages_each_once():
    assert len(MESSAGES) >= 20
    assert len(set(MESSAGES)) == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_that_the_code_prints(message):
    pattern = re.compile(".*".join(re.escape(part) for part in message.split("…")), re.DOTALL)

    assert any(pattern.fullmatch(text) or pattern.match(text) for text in templates())
    assert not any(pattern.match(text) for text in ["there is no such text", "", "a b c"])


def test_a_message_that_the_code_does_not_have_would_be_noticed():
    assert "the moon is not reachable from …" not in templates()
    assert "there is no benchmark file …" in templates()
