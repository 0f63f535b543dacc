"""docs/troubleshooting.md names the errors by the text that the code prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.texts import templates

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
TEXTS = {text for _, text in templates()}
MESSAGES = re.findall(r"^\| `([^`]+)` \|[^|]+\|[^|]+\|$", PAGE, re.MULTILINE)


def test_there_are_twenty_messages_each_once():
    assert len(MESSAGES) >= 20
    assert len(set(MESSAGES)) == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_that_the_code_prints(message):
    pattern = re.compile(".*".join(re.escape(part) for part in message.split("…")), re.DOTALL)

    assert any(pattern.fullmatch(text) or pattern.match(text) for text in TEXTS)
    assert not any(pattern.match(text) for text in ["there is no such text", "", "a b c"])


def test_a_message_that_the_code_does_not_have_would_be_noticed():
    assert "the moon is not reachable from …" not in TEXTS
    assert "there is no benchmark file …" in TEXTS
