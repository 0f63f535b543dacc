"""Docs and messages are free of the dialect that readers of this field do not search for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from generator.texts import templates

ROOT = Path(__file__).parents[2]
INSTEAD = {
    r"go(es|ing|ne)? on|went on": "resume, continue",
    r"beside": "compared with, next to",
    r"whoever|somebody|nobody": "you, a process, nothing",
    r"way out": "hint, fix",
    r"mend(s|ed|ing)?": "fix",
    r"dear(er)?": "expensive",
    r"begun|anew": "started, again",
    r"at hand": "available",
    r"told (from|apart)": "significantly different",
    r"data sets?": "dataset",
    r"fresh heads?": "newly initialized head",
    r"to the bit|same bits": "bit-identical",
    r"processor (seconds|time)": "CPU time",
    r"products? of matrices": "matrix multiplication",
    r"made by a program": "synthetic",
}
OF_MESSAGES = {
    r"says?|said|saying": "show, report, specify, print",
    r"stands?|stood|lies|lay": "is, appears",
    r"of (its|their|your|our|one's) own": "custom, separate",
    r"(training|scored|support|query|evaluation) rows?": "examples; methods of a leaderboard",
    r"what (is|was|are|were|it|they) \w+": "a noun",
    r"price[sd]?": "cost",
    r"whole numbers?": "integer",
    r"(is|are) there(?! )": "exists, is available",
}
"""Rules for messages alone: a page may quote what a paper says, and has tables with rows."""
RECORDED = "metabench/tasks/embedded/"
"""Words of the synthetic language, and a citation that is part of records."""
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + [
    path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "adr"
]


def found_in(text: str, rules: dict[str, str] = INSTEAD) -> list[str]:
    """Return what a text should not say; code and quotations are exempt."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"`[^`\n]*`|\"[^\"\n]*\"|\(#[^)]*\)", "", prose)
    return [
        f"{hit[0]!r}: write {words}"
        for rule, words in rules.items()
        for hit in re.finditer(rf"\b(?:{rule})\b", prose, re.IGNORECASE)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_uses_the_words_of_the_field(page):
    assert found_in(page.read_text(encoding="utf-8")) == []


def test_messages_use_the_words_of_the_field():
    messages = [one for one in templates() if " " in one[1] and not one[0].startswith(RECORDED)]
    hits = {(place, text): found_in(text, INSTEAD | OF_MESSAGES) for place, text in messages}

    assert {where: hit for where, hit in hits.items() if hit} == {}


def test_a_word_of_the_dialect_would_be_noticed_and_a_quotation_would_not():
    assert found_in("The same command goes on.") == ["'goes on': write resume, continue"]
    assert found_in('The paper says "beside", and `go on` is code.') == []
    assert found_in("no training rows", OF_MESSAGES)[0].startswith(
        "'training rows': write examples"
    )
